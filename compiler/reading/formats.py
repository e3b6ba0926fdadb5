"""Checks shapes of text in our own files: addresses, numbers, accounts."""

from __future__ import annotations

import re

from compiler.reading.finding import Findings, Place
from compiler.reading.regions import region_fault
from compiler.reading.section import string_of, text_like
from compiler.reading.tokens import looks_like_token, looks_random
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
_SECRET_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
WEB_ADDRESS = text_like(r"https?://[^\s/]+(/\S*)?", "a web address", "https://wiki.example.com/runbooks")
TIME_OF_DAY = text_like(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day, in quotes", '"09:00"')
LABEL_VALUE = text_like(r"[^,\r\n]+", "a label's value: one line without a comma", "checkout")


def secret_key_of(value: Value, findings: Findings, example: str) -> str:
    """Returns the name of a key in the environment's secret, or "" after a finding, which never shows what stands
    there: it may be the secret itself."""
    text = string_of(value, findings)
    mend = f"as in {example}; the value itself goes into the environment's secret, under that name"
    if looks_like_token(text):
        key = value.place.key.rpartition(".")[2]
        message = f"{key!r} holds a secret in plain text (it is not shown) where the name of its key was expected"
        findings.error(value.place, "inline-secret", message, mend)
        return ""
    if text and not _SECRET_KEY.fullmatch(text):
        message = "is not the name of a key in the secret (what stands here is not shown: it may be the value)"
        findings.error(value.place, "bad-value", message, mend)
        return ""
    warn_of_random_name(text, value.place, findings)
    return text


def warn_of_random_name(name: str, place: Place, findings: Findings) -> None:
    """Adds a warning about a key's name that may be the secret itself: an error would refuse a few true names."""
    if looks_random(name):
        message = "the name of a key of the secret looks random (it is not shown: it may be the secret itself)"
        mend = "put the value into the environment's secret, under a name of words, and write that name here"
        findings.warning(place, "random-secret-name", message, mend)


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
