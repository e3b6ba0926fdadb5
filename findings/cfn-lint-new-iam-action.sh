#!/usr/bin/env bash
# Package: cfn-lint 1.58.0 (PyPI)
#
# Behaviour: a policy that allows cloudwatch:DescribeAlarmContributors, an operation of CloudWatch's API that boto3
# 1.43.37 offers, gets the warning W3037 as if the action did not exist. The list of actions is a data file inside the
# linter, so an action that is younger than the release is a misspelt one to it. A wildcard such as
# cloudwatch:DescribeAlarm* is accepted, but allows more.
#
# Seen: botocore has the operation; cfn-lint exits with 4 and one line, W3037, that names the action in lower case and
# says that it is not one of a list of actions; with the wildcard in its place it exits with 0 and says nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cfn-lint==1.58.0 boto3==1.43.37

template() {
  cat <<YAML
Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Action: "$1", Resource: "*"}
YAML
}

AWS_EC2_METADATA_DISABLED=true "$folder/venv/bin/python" - <<'PYTHON'
import botocore.session

model = botocore.session.get_session().get_service_model("cloudwatch")
print("botocore has DescribeAlarmContributors:", "DescribeAlarmContributors" in model.operation_names)
PYTHON

lint() {
  template "$1" >"$folder/template.yaml"
  status=0
  said=$("$folder/venv/bin/cfn-lint" "$folder/template.yaml") || status=$?
  printf '%s: exit %s\n%s\n' "$1" "$status" "$(head -c 200 <<<"$said")"
}

lint 'cloudwatch:DescribeAlarmContributors'
[ "$status" = 4 ] && grep -q '^W3037 ' <<<"$said" || { echo "changed: the action is known now"; exit 1; }
lint 'cloudwatch:DescribeAlarm*'
[ "$status" = 0 ] || { echo "changed: the wildcard is refused now"; exit 1; }
