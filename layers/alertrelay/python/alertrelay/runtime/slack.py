"""Puts together what answers Slack's requests, over the ports of the intake."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alertrelay.alert import JUDGED, rfc3339
from alertrelay.anomaly.scorer.ports import NotebookFailure, Vote
from alertrelay.channels.slack import CHANNEL, SlackSettings
from alertrelay.channels.slack.buttons import began
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.http import ask
from alertrelay.config.model import Config
from alertrelay.dispatch import silences
from alertrelay.groups.flush_timer import make_due
from alertrelay.groups.messages import FlushMessage, body_of
from alertrelay.intake.acknowledging import Acknowledging, acknowledge_item
from alertrelay.intake.judging import Judgement, Keep
from alertrelay.intake.ports import IntakeReport
from alertrelay.intake.reading import Reads
from alertrelay.intake.slack.command import command
from alertrelay.intake.slack.presses import Deeds, Desk, NotKnown, press
from alertrelay.intake.slack.signature import SigningSecrets
from alertrelay.intake.slack.talk import Reception, Talk
from alertrelay.intake.tokens import ReadSecret
from alertrelay.nflog.group_state import AlertItem
from alertrelay.policy.group_key import channel_of
from alertrelay.policy.silence import Silence
from alertrelay.ports import Clock, DeliveryFailure, TimersFailure
from alertrelay.state import Groups, Silences, StoreFailure

CLOSE = timedelta(minutes=2)
"""Two presses whose silences end so close to each other ask for one silence."""
SECONDS = 4.0
"""For one request to Slack; twice at most."""
_NAMES = uuid.UUID("6f6c61b5-2a9d-5a60-9d3c-6d0c8f4f2a11")
_KNOWN = timedelta(minutes=5)
PEER = "Slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackWorld:
    """What the intake reaches for Slack alone. `later` has an event handled in an invocation of its own; `reply` posts
    an answer to an address of Slack's, and returns why it was not taken, "" where it was; `members` gives the users of
    a user group, and raises NotKnown; `vote` keeps a verdict, and raises NotebookFailure; `alerts` is
    state.Alerts.get_alerts; `queue` takes a message of the forwarder that sends to Slack, and raises TimersFailure."""

    later: Callable[[Mapping[str, Any]], None]
    reply: Callable[[str, Mapping[str, Any]], str]
    members: Callable[[SlackSettings, str], frozenset[str]]
    vote: Callable[[Vote], None]
    alerts: Callable[[Sequence[str]], Mapping[str, AlertItem]]
    queue: Callable[[Mapping[str, Any]], None]


def slack_world(
    network: Network,
    secret: ReadSecret,
    clock: Clock,
    *,
    later: Callable[[Mapping[str, Any]], None],
    vote: Callable[[Vote], None],
    alerts: Callable[[Sequence[str]], Mapping[str, AlertItem]],
    queue: Callable[[Mapping[str, Any]], None],
) -> SlackWorld:
    """Returns it over a network."""
    members = Members(network=network, secret=secret, clock=clock)
    reply = partial(_reply, network)
    return SlackWorld(later=later, reply=reply, members=members, vote=vote, alerts=alerts, queue=queue)


def reception_of(world: SlackWorld, read: ReadSecret, clock: Clock, report: IntakeReport) -> Reception:
    """Returns what answers Slack at once."""
    return Reception(secrets=SigningSecrets(read=read, clock=clock), later=world.later, clock=clock, report=report)


def talk_of(config: Config, world: SlackWorld, reading: Reads, stored: Silences, acknowledging: Acknowledging) -> Talk:
    """Returns what does the work of a press or a command."""
    clock, report, groups = reading.clock, acknowledging.report, acknowledging.groups
    desk = Desk(
        config=config,
        groups=groups,
        alerts=world.alerts,
        stored=lambda: tuple(stored.silences()[0]),
        members=world.members,
        deeds=Deeds(
            silence=partial(_silence, stored, clock),
            expire=partial(silences.expire, stored, clock),
            acknowledge=lambda item, by: acknowledge_item(acknowledging, item, by=by, via="slack"),
            judge=keeping(world.vote),
            show=lambda gid: show_at_once(world.queue, groups, clock, report, [gid]),
        ),
        report=report,
    )
    return Talk(
        press=lambda asked: press(desk, asked, clock),
        command=lambda asked: command(reading, asked),
        reply=world.reply,
        report=report,
    )


def show_at_once(
    queue: Callable[[Mapping[str, Any]], None], groups: Groups, clock: Clock, report: IntakeReport, gids: Iterable[str]
) -> None:
    """Has groups of Slack flushed at once, so that their messages show what was done. Their next flush shows it too."""
    for gid in gids:
        if channel_of(gid) == CHANNEL.kind:
            _show(queue, groups, clock, report, gid)


def _show(
    queue: Callable[[Mapping[str, Any]], None], groups: Groups, clock: Clock, report: IntakeReport, gid: str
) -> None:
    try:
        header = groups.header(gid)
        if header is None or not header.schedule.armed:
            return
        if header.schedule.owner:
            groups.note_joined(gid)  # its owner may have read the silences before, and does not let it sleep now
            return
        make_due(groups, clock, gid, header.schedule)
        queue(body_of(FlushMessage(gid=gid, at=clock.now())))
    except (StoreFailure, TimersFailure) as failure:
        report.log("slack_not_shown", gid=gid, failure=str(failure))


def _silence(stored: Silences, clock: Clock, wanted: Silence, press_id: str) -> tuple[Silence, silences.Saved]:
    new_id = str(uuid.uuid5(_NAMES, press_id))
    return silences.save_once(stored, clock, wanted, new_id=new_id, close=CLOSE)


def keeping(vote: Callable[[Vote], None]) -> Keep:
    """Returns what keeps a verdict in the scorer's notebook."""

    def keep(verdict: Judgement) -> None:
        judged = verdict.judged
        said = Vote(
            fingerprint=judged.fingerprint,
            started=rfc3339(began(judged)),
            at=verdict.at.timestamp(),
            helpful=verdict.helpful,
            by=verdict.by,
            comment=verdict.comment,
            watch=judged.watch,
            alertname=JUDGED[1],
            service=judged.service,
        )
        try:
            vote(said)
        except NotebookFailure as failure:
            raise StoreFailure(str(failure)) from None

    return keep


def _reply(network: Network, address: str, answer: Mapping[str, Any]) -> str:
    failure = ""
    for _ in range(2):
        try:
            response = ask(address, body=answer, headers={}, timeout=SECONDS, network=network, peer=PEER)
        except DeliveryFailure as error:
            failure = error.text
            continue
        if response.status == 200:
            return ""
        failure = f"Slack answered {response.status}"
        if response.status < 500:
            break
    return failure


class Members:
    """The users of Slack's user groups, known for five minutes. Needs the scope usergroups:read.

    Source: https://docs.slack.dev/reference/methods/usergroups.users.list.
    """

    def __init__(self, *, network: Network, secret: ReadSecret, clock: Clock) -> None:
        self._network = network
        self._secret = secret
        self._clock = clock
        self._known: dict[str, tuple[datetime, frozenset[str]]] = {}

    def __call__(self, settings: SlackSettings, group: str) -> frozenset[str]:
        """Returns the ids of the users. Raises NotKnown."""
        now = self._clock.now()
        at, found = self._known.get(group, (None, frozenset[str]()))
        if at is None or now - at >= _KNOWN:
            found = self._asked(settings, group)
            self._known[group] = now, found
        return found

    def _asked(self, settings: SlackSettings, group: str) -> frozenset[str]:
        token = str(self._secret(False).get(settings.key) or "").strip()
        url = settings.url.removesuffix("chat.postMessage") + "usergroups.users.list"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            response = ask(
                url,
                body=f"usergroup={group}".encode(),
                headers=headers,
                timeout=SECONDS,
                network=self._network,
                peer=PEER,
            )
        except DeliveryFailure as error:
            raise NotKnown(f"Slack does not say who belongs to {group}: {error.text}") from None
        answer = response.json() or {}
        users = answer.get("users")
        if answer.get("ok") is not True or not isinstance(users, list):
            word = str(answer.get("error", response.status))[:60]
            raise NotKnown(f"Slack does not say who belongs to {group}: it answered {word}")
        return frozenset(str(user) for user in users)
