#!/usr/bin/env bash
# Package: moto 5.2.5 with boto3 1.44.5 (PyPI)
#
# Behaviour: a KMS key that a CloudFormation template makes has its KeyPolicy as an object there, the only form that the
# resource has. moto keeps it as the object, where its own KMS keeps and expects text: GetKeyPolicy answers an
# object in place of a string of JSON, and DescribeKey raises a TypeError in the caller's process. Encrypt and
# GenerateDataKey work, so that a test over a stack with a key passes until something asks about the key. A key that
# CreateKey made with the same policy has neither fault.
#
# Seen: the policy of CreateKey's key is a str and the key is Enabled; that of the stack's key is a dict, and
# DescribeKey raises a TypeError.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[cloudformation,kms]==5.2.5' boto3==1.44.5

AWS_ACCESS_KEY_ID=FAKE AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=eu-central-1 "$folder/venv/bin/python" - <<'PYTHON'
import json
import sys

import boto3
from moto import mock_aws

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}
TEMPLATE = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": POLICY}}}}


def asked(key):
    """Returns the type of the key's policy as it is answered, and its state or the name of what was raised."""
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    try:
        state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    except TypeError as error:
        state = type(error).__name__
    return type(policy).__name__, state


with mock_aws():
    kms = boto3.client("kms")
    by_api = asked(kms.create_key(Policy=json.dumps(POLICY))["KeyMetadata"]["KeyId"])
    stacks = boto3.client("cloudformation")
    stacks.create_stack(StackName="keys", TemplateBody=json.dumps(TEMPLATE))
    made = stacks.describe_stack_resources(StackName="keys")["StackResources"]
    by_stack = asked(made[0]["PhysicalResourceId"])

print("made by CreateKey:       policy and state:", by_api)
print("made by CloudFormation:  policy and state:", by_stack)
sys.exit((by_api, by_stack) != (("str", "Enabled"), ("dict", "TypeError")))
PYTHON
