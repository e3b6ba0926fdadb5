"""Checks shapes of text in our own files: addresses, numbers, accounts."""

from __future__ import annotations

from compiler.reading.section import text_like

ACCOUNT = text_like(r"[0-9]{12}", "an AWS account", '"111122223333"')
IAM_PRINCIPAL = text_like(
    r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/(?!\*+$)[A-Za-z0-9_+=,.@/*-]+",
    "the ARN of a role or a user, of which `*` may stand for a part of the name",
    "arn:aws:iam::111122223333:role/alertmanager",
)
EMAIL_ADDRESS = text_like(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+", "an e-mail address", "oncall@example.com")
PHONE_NUMBER = text_like(r"\+[1-9][0-9]{6,14}", "a phone number in E.164", '"+15555550100"')
REGION = text_like(r"[a-z]{2,}(-[a-z]+)+-[0-9]+", "an AWS region", "eu-west-1")
SECRET_KEY = text_like(r"[A-Za-z0-9_-]{1,64}", "the name of a key in the secret", "ops_pagerduty_key")
WEB_ADDRESS = text_like(r"https?://[^\s/]+(/\S*)?", "a web address", "https://wiki.example.com/runbooks")
LABEL_VALUE = text_like(r"[^,\r\n]+", "a label's value: one line without a comma", "checkout")
