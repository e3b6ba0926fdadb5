"""Sends the weekly audit to the Slack channels and mailboxes of a receiver: the composition root's part of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from alertrelay.aws.clients import Clients
from alertrelay.aws.log_query import LogQuery
from alertrelay.aws.metric_points import points_of
from alertrelay.aws.ses import mailer
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.links import dead_links
from alertrelay.channels.transport.senders import Senders
from alertrelay.config.alarm_file import AlarmFile, Tunable
from alertrelay.config.model import Config, Target
from alertrelay.dispatch.audit.weekly import text
from alertrelay.dispatch.audit.weekly.quieter import Points
from alertrelay.dispatch.audit.weekly.report import DeadLinks, WeeklyAudit, audit
from alertrelay.nflog.history.decision import CONDITION
from alertrelay.nflog.history.log_lines import read_lines
from alertrelay.ports import Clock, DeliveryFailure, Key, SecretMissing, Secrets, SelfAlert, Sender
from alertrelay.runtime.observe import Observer

SPAN = timedelta(days=28)
MOST_LINES = 200_000
"""Lines that a function of 512 MB reads: where there are more, the audit is of a shorter time, and says so."""
CHANNELS = ("slack", "email")
HOUR = timedelta(hours=1)
SECONDS = 15.0
"""For a message to a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """The parts of a weekly audit. `lines` gives the log's lines between two times, and from when on it has them."""

    file: AlarmFile
    targets: Sequence[Target]
    lines: Callable[[datetime, datetime], tuple[datetime, Iterable[tuple[datetime, str]]]]
    points: Callable[[Tunable, datetime, datetime], Points | None]
    dead_links: DeadLinks
    senders: Mapping[str, Sender]


def reporting(
    environ: Mapping[str, str], folder: Path, config: Config, network: Network, aws: Clients, clock: Clock
) -> Reporting:
    """Builds the parts. `environ` is what infra/report.py says. Raises KeyError where it lacks a name, OSError and
    ValueError where the compiled file cannot be read."""
    file = AlarmFile.from_json(json.loads((folder / environ["ALERTRELAY_ALARMS"]).read_text(encoding="utf-8")))
    query = LogQuery(client=aws.logs, groups=json.loads(environ["ALERTRELAY_LOG_GROUPS"]), clock=clock)
    receiver = config.receiver(environ["ALERTRELAY_REPORT"])
    targets = receiver.targets if receiver else ()
    ses = mailer(aws.sesv2, region=environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"])
    return Reporting(
        file=file,
        targets=[target for target in targets if target.integration.channel in CHANNELS],
        lines=partial(lines_within, query),
        points=lambda one, since, until: points_of(aws.cloudwatch, one.queries, one.period, since=since, until=until),
        dead_links=partial(dead_links, clock=clock),
        senders=Senders(Network(endpoints=network.endpoints, ses=ses)),
    )


def lines_within(query: LogQuery, since: datetime, until: datetime) -> tuple[datetime, Iterable[tuple[datetime, str]]]:
    """Returns the newest lines, from `since` on or from so late that there are not too many. Raises LogsUnread."""
    begins = _begins(query.by_hour(since, until, CONDITION), since)
    return begins, query.lines(begins, until, CONDITION)


def _begins(hours: Iterable[tuple[datetime, int]], since: datetime) -> datetime:
    """Returns from when on there are MOST_LINES: within the hour in which they are reached by its share, so that a
    storm of one hour leaves a part of it."""
    left = MOST_LINES
    for at, lines in hours:
        if lines > left:
            return max(since, at + HOUR * (1 - left / lines))
        left -= lines
    return since


def report(
    own: Reporting,
    environment: str,
    *,
    clock: Clock,
    secrets: Secrets,
    observer: Observer,
    alert_ops: Callable[[SelfAlert], None],
) -> None:
    """Sends the audit of the last four weeks. What no channel takes is mailed to the ops topic. Raises LogsUnread."""
    until = clock.now()
    asked = until - SPAN
    since, lines = own.lines(asked, until)
    found = audit(
        environment,
        read_lines(lines),
        own.file,
        lambda one: own.points(one, since, until),
        own.dead_links,
        since=asked,
        until=until,
    )
    if since > asked:
        read = f"read from {since:%Y-%m-%d %H:%M} UTC on, what was before is not counted"
        found = replace(found, doubts=(f"the log has more than {MOST_LINES:,} lines: {read}", *found.doubts))
    taken = sum(_sent(own.senders, target, found, secrets, observer) for target in own.targets)
    observer.log("audit_reported", alarms=len(found.alarms), noisy=len(found.noisy), taken=taken)
    if not taken:
        alert_ops(SelfAlert(name="WeeklyAudit", text=text.plain(found)))


def _sent(
    senders: Mapping[str, Sender], target: Target, found: WeeklyAudit, secrets: Secrets, observer: Observer
) -> bool:
    """Sends to one channel; returns whether it took the message. What it refuses is logged."""
    channel = target.integration.channel
    sender, message = senders[channel], _message(channel, found)
    name = sender.key_name(target)
    why = "the secret holds no key that it takes"
    try:
        for key in _keys(secrets, name):
            try:
                sender.send(message, target, key=key, notification_id=_id(found), timeout=SECONDS)
            except DeliveryFailure as failure:
                why = failure.text
            else:
                return True
    except SecretMissing as missing:
        why = str(missing)
    observer.log("audit_not_sent", receiver=target.integration.receiver, channel=channel, failure=why)
    return False


def _message(channel: str, found: WeeklyAudit) -> Mapping[str, Any]:
    if channel == "slack":
        return text.slack(found)
    return {"subject": text.subject(found), "text": text.plain(found)}


def _keys(secrets: Secrets, name: str) -> Iterable[Key | None]:
    return secrets.versions(name) if name else (None,)


def _id(found: WeeklyAudit) -> str:
    return f"audit-{found.environment}-{found.until:%Y-%m-%d}"
