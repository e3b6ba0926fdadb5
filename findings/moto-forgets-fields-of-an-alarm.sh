#!/usr/bin/env bash
# Package: moto 5.2.5 with boto3 1.44.5 (PyPI)
#
# Behaviour: PutMetricAlarm takes ActionConfiguration, WarmUpConfiguration and EvaluationWindow, answers 200, and keeps
# none of them: DescribeAlarms has an alarm without them, and no error or warning says so. A put over a known alarm also
# sets its state back to OK, which CloudWatch leaves as it is. So a test in moto that reads an alarm, writes it back and
# compares passes for code that would lose these fields in an account, and fails for code that relies on the state.
#
# Seen: an alarm with the three fields is put and set to ALARM; described, it has none of the three; put once more, its
# state is no longer ALARM.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check moto==5.2.5 boto3==1.44.5

AWS_ACCESS_KEY_ID=FAKE AWS_SECRET_ACCESS_KEY=none "$folder/venv/bin/python" - <<'PYTHON'
import sys

import boto3
from moto import mock_aws

FIELDS = {
    "ActionConfiguration": {"AlarmTagsPropagation": {"Enabled": True}},
    "WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5},
    "EvaluationWindow": {"WallClockWindow": {"Timezone": "UTC"}},
}
ALARM = {
    "AlarmName": "cpu",
    "Namespace": "AWS/EC2",
    "MetricName": "CPUUtilization",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 80.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
with mock_aws():
    client = boto3.client("cloudwatch", region_name="eu-west-1")

    def described():
        return client.describe_alarms(AlarmNames=["cpu"])["MetricAlarms"][0]

    client.put_metric_alarm(**ALARM, **FIELDS)
    kept = [name for name in FIELDS if name in described()]
    client.set_alarm_state(AlarmName="cpu", StateValue="ALARM", StateReason="trial")
    client.put_metric_alarm(**ALARM, **FIELDS)
    state = described()["StateValue"]
print("fields kept:", kept or "none", "of", len(FIELDS))
print("state after a second put:", state)
if kept or state == "ALARM":
    sys.exit("changed: fields are kept, or the state stays")
PYTHON
