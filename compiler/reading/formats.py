"""Checks shapes of text in our own files: addresses, numbers, accounts."""

from __future__ import annotations

from compiler.reading.section import text_like

ACCOUNT = text_like(r"[0-9]{12}", "an AWS account", '"111122223333"')
EMAIL_ADDRESS = text_like(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+", "an e-mail address", "oncall@example.com")
PHONE_NUMBER = text_like(r"\+[1-9][0-9]{6,14}", "a phone number in E.164", '"+15555550100"')
REGION = text_like(r"[a-z]{2,}(-[a-z]+)+-[0-9]+", "an AWS region", "eu-west-1")
WEB_ADDRESS = text_like(r"https?://[^\s/]+(/\S*)?", "a web address", "https://wiki.example.com/runbooks")
LABEL_VALUE = text_like(r"[^,\r\n]+", "a label's value: one line without a comma", "checkout")
