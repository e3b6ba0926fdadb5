"""Stands in for the function of terraform-aws-modules/terraform-aws-notify-slack, of our own writing.

It has that function's imports and the two clients that it makes when it is loaded, and makes its one call: a POST of
form data to Slack by urllib. Its state, its secret and its retries are none, as there.
"""

from __future__ import annotations

import base64  # noqa: F401 - imported there
import enum  # noqa: F401 - imported there
import json
import logging
import os
import re  # noqa: F401 - imported there
import urllib.parse
import urllib.request
from typing import Any

import boto3

_REGION = os.environ.get("AWS_REGION", "us-east-1")
_KMS: Any = boto3.client("kms", region_name=_REGION)
_SECURITY_HUB: Any = boto3.client("securityhub", region_name=_REGION)
_COLOURS = {"ALARM": "danger", "OK": "good"}


def handler(event: Any, _context: Any) -> dict[str, int]:
    """Posts one message for the first record, and returns the status."""
    alarm = json.loads(event["Records"][0]["Sns"]["Message"])
    fields = [
        {"title": title, "value": alarm.get(name, ""), "short": name != "NewStateReason"}
        for title, name in (
            ("Alarm Name", "AlarmName"),
            ("Alarm reason", "NewStateReason"),
            ("Old State", "OldStateValue"),
            ("Current State", "NewStateValue"),
        )
    ]
    attachment = {"color": _COLOURS.get(alarm.get("NewStateValue", ""), "warning"), "fields": fields}
    payload = {"channel": "#alarms", "username": "reporter", "attachments": [attachment]}
    data = urllib.parse.urlencode({"payload": json.dumps(payload)}).encode()
    with urllib.request.urlopen(urllib.request.Request(os.environ["BENCH_PEER"]), data) as answer:
        status = {"code": answer.getcode()}
    if status["code"] != 200:
        logging.error("Slack answered %s", status["code"])
    return status
