from __future__ import annotations

from alertrelay.channels.email import render as email
from alertrelay.channels.sns import render as sns

from tests.channels.email.example import EMAIL
from tests.channels.sns.example import PHONE, TOPIC
from tests.render.notifications import CASES, alert, notification


def test_a_phone_gets_only_the_line_and_one_link() -> None:
    told = sns.render(CASES["critical-everything"], PHONE)["message"]
    assert told == (
        "CRITICAL RDSHighCPU (prod, orders-db-1): CPU of the orders database is above 80 % for 10 minutes, "
        "since 03:04 UTC https://wiki.example.com/runbooks/rds-cpu?db=orders&step=1"
    )


def test_a_phone_never_gets_half_a_link() -> None:
    href = "https://example.com/" + "a" * 110
    long = alert({"alertname": "X" * 200}, {"summary": "y" * 200, "runbook_url": href})
    told = sns.render(notification(long), PHONE)["message"]
    assert len(told) <= 300
    assert told.endswith(f"..., since 03:04 UTC {href}")
    too_long = alert({"alertname": "X"}, {"summary": "y", "runbook_url": href + "a" * 40})
    assert "http" not in sns.render(notification(too_long), PHONE)["message"]


def test_a_topic_gets_the_subject_and_text_of_the_email() -> None:
    told, mail = sns.render(CASES["fallback"], TOPIC), email.render(CASES["fallback"], EMAIL)
    assert told == {"subject": mail["subject"], "message": mail["text"]}
