"""Sends each row of the answers, which stand beside the stand-ins and make docs/answers.md, to its sender."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from alertrelay.aws.ses import mailer
from alertrelay.aws.sns import publisher
from alertrelay.channels import channel
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.ports import AuthDead, DeliveryFailure, Permanent, RateLimited, Retryable
from botocore.exceptions import ClientError

from local.standins import Fault, StandIns, answers
from tests.channels.example import all_sent, answers_of, key, target

HTTP = answers_of()
"""The sections whose peer is a stand-in, each with its way of sending."""
AWS = ("E-mail by SES", "SNS")


class Row(NamedTuple):
    section: str
    status: int
    body: str
    outcome: str
    source: str

    def __str__(self) -> str:
        return f"{self.section} {self.status} {self.body[:40]}"


def rows() -> Iterator[Row]:
    section = ""
    for line in answers().splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        if found := re.fullmatch(r"\| ([\d, ]+) \| (?:`(.*)` )?\| ([\w, ]+) \| (.+) \|", line):
            for status in found[1].split(", "):
                yield Row(section, int(status), found[2] or "", found[3], found[4])


ROWS = list(rows())


def outcome_of(failure: DeliveryFailure) -> str:
    (name,) = [c.__name__ for c in (AuthDead, Permanent, RateLimited, Retryable) if isinstance(failure, c)]
    return f"{name}, ambiguous" if failure.ambiguous else name


def outcome_at_peer(peers: StandIns, row: Row) -> str:
    sent = all_sent()[HTTP[row.section]]
    wanted = target(sent.settings)
    kind = wanted.integration.channel
    sender = Senders(Network(endpoints=peers.endpoints))[kind]
    peers.fail(kind, Fault(kind="status", status=row.status, body=row.body))
    try:
        sender.send(sent.message, wanted, key=key(sent), notification_id="n-1", timeout=600)
    except DeliveryFailure as failure:
        return outcome_of(failure)
    return "accepted" if channel(kind).accepted else "delivered"


@pytest.mark.parametrize("row", [r for r in ROWS if r.section in HTTP], ids=str)
def test_an_answer_of_a_peer_means_what_its_row_says(peers: StandIns, row: Row) -> None:
    assert outcome_at_peer(peers, row) == row.outcome


LONG = "Event object is invalid, as are these of its fields: payload.component, payload.class, payload.source; " * 4
LATE = [
    Row("PagerDuty", 400, f"{LONG}Invalid routing key", "AuthDead", ""),
    Row("PagerDuty", 400, json.dumps({"message": LONG, "errors": ["'routing_key' is blank"]}), "AuthDead", ""),
    Row("PagerDuty", 400, json.dumps({"message": "invalid", "errors": [LONG, "Invalid Routing Key"]}), "AuthDead", ""),
    Row("PagerDuty", 400, "routing_key=R0123456789ABCDEF", "AuthDead", ""),  # shown as "…", like all tokens
    Row("PagerDuty", 400, json.dumps({"message": LONG, "errors": [LONG]}), "Permanent", ""),
    Row("PagerDuty Events v1", 400, json.dumps({"errors": [LONG, "Service key is invalid"]}), "AuthDead", ""),
    Row("Opsgenie", 422, json.dumps({"message": LONG, "errors": {"key": "Key format is not valid!"}}), "AuthDead", ""),
    Row("Pushover", 400, json.dumps({"errors": [LONG, "user identifier is invalid"]}), "AuthDead", ""),
    Row("E-mail by SMTP", 454, f"{LONG}Daily message quota exceeded", "RateLimited", ""),
]


@pytest.mark.parametrize("row", LATE, ids=lambda row: f"{row.section} {row.body[-30:]}")
def test_what_decides_is_seen_behind_what_people_are_shown_of_an_answer(peers: StandIns, row: Row) -> None:
    assert outcome_at_peer(peers, row) == row.outcome


class _Refusing:
    """AWS's client, which answers one error."""

    def __init__(self, row: Row) -> None:
        error = {"Error": {"Code": row.body, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": row.status}}
        self._error = ClientError(error, "Publish")  # type: ignore[arg-type]  # only what is read

    def publish(self, **_request: Any) -> Any:
        raise self._error

    send_email = publish


@pytest.mark.parametrize("row", [r for r in ROWS if r.section in AWS], ids=str)
def test_an_error_of_aws_means_what_its_row_says(row: Row) -> None:
    client: Any = _Refusing(row)
    publish, mail = publisher(lambda _: client), mailer(lambda: client, region="eu-west-1")
    with pytest.raises(DeliveryFailure) as caught:
        _ = publish({}, "") if row.section == "SNS" else mail({})
    assert outcome_of(caught.value) == row.outcome


def test_every_channel_has_its_table_and_every_row_its_source() -> None:
    sections = {row.section for row in ROWS}
    assert sections == {*HTTP, *AWS}
    table_lines = [line for line in answers().splitlines() if re.match(r"\| \d", line)]
    assert len({(r.section, r.body, r.outcome, r.source) for r in ROWS}) == len(table_lines)


def test_each_of_the_four_failures_stands_in_the_tables() -> None:
    assert {row.outcome for row in ROWS} == {
        "delivered",
        "accepted",
        "AuthDead",
        "Permanent",
        "RateLimited",
        "Retryable",
        "Retryable, ambiguous",
    }
