"""Plans the tries of a configuration, runs them side by side within a time, and turns them into rows and findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import TYPE_CHECKING

from alertrelay.channels import channel
from alertrelay.config.model import Config, Target

from cli.cloud import Client
from cli.probes import aws, mail, sources
from cli.probes.channels import probe_of
from cli.probes.row import LiveRow, LiveTry, NotTaken
from cli.probes.secret import Values
from compiler.reading.finding import Finding, Severity

if TYPE_CHECKING:
    from compiler.resources.sources import Source

AT_ONCE = 8
WITHIN = 45.0
"""Seconds for all tries together; each has a limit of its own below that."""
TRIED = "tried"
"""The code of a finding about a service that answered."""
_CODES = {
    "not reached": "not-reached",
    "not authorised": "not-authorised",
    "refused": "refused",
    "not tried": "not-tried",
}


def of_receivers(config: Config, values: Values, client: Client) -> list[LiveTry]:
    """Returns a try for each service and key that a receiver names."""
    targets = [target for receiver in config.receivers for target in receiver.targets]
    probes = [_of_target(target, values, client) for target in targets]
    if server := config.grafana:
        run = partial(sources.grafana, server.url, server.token_key, values)
        probes.append(LiveTry(what="Grafana", who="grafana", same=("grafana", server.url), run=run))
    return probes


def _of_target(target: Target, values: Values, client: Client) -> LiveTry:
    kind, settings = target.integration.channel, target.settings
    what, who = channel(kind).title, str(target.integration)
    if kind == "email" and settings.key_name == "" and getattr(settings, "transport", "") == "ses":
        return LiveTry(what="e-mail by SES", who=who, same=(kind, settings), run=partial(aws.ses, settings, client))
    if kind == "email":
        return LiveTry(what=what, who=who, same=(kind, who), run=partial(mail.smtp, settings, values))
    if kind == "sns":
        return LiveTry(what=what, who=who, same=(kind, settings), run=partial(aws.topic, settings, client))
    same = (kind, settings.key_name, getattr(settings, "url", ""), getattr(settings, "chat_id", ""))
    return LiveTry(what=what, who=who, same=same, run=partial(probe_of(kind), settings, values))


def of_tiers(config: Config, rows: Sequence[LiveRow]) -> list[LiveRow]:
    """Returns a row for each tier of the escalation: one of which no integration was reached calls nobody. Its contacts
    are mentioned in Slack, and are nothing that can be tried."""
    outcomes = {who: row.outcome for row in rows for who in row.who.split(", ")}
    by_name = {receiver.name: receiver.targets for receiver in config.receivers}
    found = []
    for tier in config.escalation:
        names = [str(target.integration) for name in tier.receivers for target in by_name.get(name, ())]
        reached = [name for name in names if outcomes.get(name) == "ok"]
        what, who, mentioned = f"tier {tier.number}", ", ".join(names), _mentioned(tier.contacts)
        if reached:
            text = f"{len(reached)} of {_integrations(names)} answered{mentioned}"
            found.append(LiveRow(what=what, who=who, outcome="ok", text=text))
        elif names and all(outcomes.get(name) == "not tried" for name in names):
            text, mend = f"0 of {_integrations(names)} tried{mentioned}", "their own rows say why"
            found.append(LiveRow(what=what, who=who, outcome="not tried", text=text, mend=mend))
        else:
            text = f"0 of {_integrations(names)} reached{mentioned}: at this tier nobody would be called"
            mend = "mend one of them by its own row" if names else "name a receiver that has an integration"
            found.append(LiveRow(what=what, who=who, outcome="not reached", text=text, mend=mend))
    return found


def _integrations(names: Sequence[str]) -> str:
    return f"{len(names)} integration{'s' if len(names) != 1 else ''}"


def _mentioned(contacts: Sequence[str]) -> str:
    if not contacts:
        return ""
    return f" ({len(contacts)} contact{'s' if len(contacts) != 1 else ''} mentioned in Slack)"


def of_sources(named: Iterable[Source], intake: str, values: Values) -> list[LiveTry]:
    """Returns a try for each server that posts here."""
    probes = []
    for one in named:
        if one.kind == "prometheus":
            run = partial(sources.prometheus, one.url, one.token_key, intake, values)
        else:
            run = partial(sources.alertmanager, one.url, one.token_key, values)
        probes.append(LiveTry(what=one.kind.capitalize(), who="sources", same=(one.kind, one.url), run=run))
    return probes


def tried(probes: Sequence[LiveTry]) -> list[LiveRow]:
    """Runs each try once, AT_ONCE side by side, in the order given. What has no answer in time is a row too."""
    first: dict[tuple[object, ...], list[LiveTry]] = {}
    for probe in probes:
        first.setdefault(probe.same, []).append(probe)
    pool = ThreadPoolExecutor(max_workers=AT_ONCE)
    running = {same: pool.submit(found[0].run) for same, found in first.items()}
    wait(running.values(), timeout=WITHIN)
    rows = [_row(found, running[same]) for same, found in first.items()]
    pool.shutdown(wait=False, cancel_futures=True)
    return rows


def _row(probes: Sequence[LiveTry], future: Future[str]) -> LiveRow:
    what, who = probes[0].what, ", ".join(dict.fromkeys(probe.who for probe in probes))
    if not future.done():
        text = f"no answer within {WITHIN:.0f} s"
        return LiveRow(what=what, who=who, outcome="not reached", text=text, mend="try again; is a proxy in between?")
    failure = future.exception()
    if failure is None:
        return LiveRow(what=what, who=who, outcome="ok", text=future.result())
    if isinstance(failure, NotTaken):
        return LiveRow(what=what, who=who, outcome=failure.outcome, text=failure.text, mend=failure.mend)
    raise failure


def findings(rows: Iterable[LiveRow], *, stack: str) -> list[Finding]:
    """Returns a finding for each row: `tried` where it answered, else by its outcome; `not-tried` only warns."""
    found = []
    for row in rows:
        severity: Severity = "info" if row.outcome == "ok" else "warning" if row.outcome == "not tried" else "error"
        code = _CODES.get(row.outcome, TRIED)
        message = f"{row.what}: {row.text}"
        one = Finding(
            file=stack, line=0, column=0, key=row.who, severity=severity, code=code, message=message, mend=row.mend
        )
        found.append(one)
    return found


def table(rows: Sequence[LiveRow]) -> list[str]:
    """Returns the rows for people, the failures first."""
    from cli.table import aligned

    if not rows:
        return []
    shown = sorted(rows, key=lambda row: row.outcome == "ok")
    return [
        *aligned([("SERVICE", "OUTCOME", "USED BY", "ANSWER"), *((r.what, r.outcome, r.who, r.text) for r in shown)]),
        "",
    ]
