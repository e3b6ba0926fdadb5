"""Checks shapes of text in our own files: addresses, numbers, accounts."""

from __future__ import annotations

import re

from compiler.reading.finding import Findings
from compiler.reading.regions import region_fault
from compiler.reading.section import string_of, text_like
from compiler.reading.yamlfile import Value

ACCOUNT = text_like(r"[0-9]{12}", "an AWS account", '"111122223333"')
IAM_PRINCIPAL = text_like(
    r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/(?!\*+$)[A-Za-z0-9_+=,.@/*-]+",
    "the ARN of a role or a user, of which `*` may stand for a part of the name",
    "arn:aws:iam::111122223333:role/alertmanager",
)
ROLE = text_like(
    r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+",
    "the ARN of a role",
    "arn:aws:iam::444455556666:role/alertrelay-audit",
)
_EMAIL = r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+"
EMAIL_ADDRESS = text_like(_EMAIL, "an e-mail address", "oncall@example.com")
PHONE_NUMBER = text_like(r"\+[1-9][0-9]{6,14}", "a phone number in E.164", '"+15555550100"')
SECRET_KEY = text_like(r"[A-Za-z0-9_-]{1,64}", "the name of a key in the secret", "ops_pagerduty_key")
WEB_ADDRESS = text_like(r"https?://[^\s/]+(/\S*)?", "a web address", "https://wiki.example.com/runbooks")
LABEL_VALUE = text_like(r"[^,\r\n]+", "a label's value: one line without a comma", "checkout")


def is_email_address(text: str) -> bool:
    """Returns whether a text has the shape of an e-mail address."""
    return re.fullmatch(_EMAIL, text) is not None


def region_of(value: Value, findings: Findings) -> str:
    """Return a region that botocore knows, or "" after a finding."""
    text = string_of(value, findings)
    fault = region_fault(text) if text else ""
    if fault:
        said, _, mend = fault.partition("; ")
        findings.error(value.place, "bad-value", f"{text!r} {said}", mend)
    return "" if fault else text
