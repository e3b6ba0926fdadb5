"""An error budget that burns, on this machine: requests and errors of one objective, its alarms by CloudWatch's rules,
the slo function on its schedule, and the messages that come of it."""

from __future__ import annotations

import contextlib
import io
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.config.slo import EVERY, Objective, Signal, SloConfig
from alertrelay.slo.budget import SETTLED
from alertrelay.sources import Envelope

from infra.synth import templates
from local.cloudwatch.alarms import MINUTE, Minutes, Series, alarms_of, states
from local.cloudwatch.rules import State
from local.stack.day import DayRun
from local.stack.day_input import template_of
from local.stack.functions import ScheduledFunction
from local.stack.history import BudgetShown, Day
from local.stack.invocation import Context, load
from local.stack.snapshot import deployed_once

_AT_ONCE = 1_000  # values of PutMetricData
_FACTS = re.compile(r'(?:[▰▱]{10} |[0-9.]+x over |in [0-9][^"<]* at the rate of )[^"<\\]*')
"""What a message says of a budget: what is spent, how fast, and until when."""
_ACCOUNT = "123456789012"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Counts (all, bad) of an objective's events by the begin of their period in seconds. What is before `begins` is
    its past; from there on each minute is lived through, until `ends`."""

    objective: str
    counts: Mapping[int, tuple[int, int]]
    begins: datetime
    ends: datetime


def burn(traffic: Traffic, *, environment: str, relay: Path | None = None) -> Day:
    """Synthesises, deploys, and lives through the traffic: each minute the alarms are evaluated, each five minutes the
    slo function runs. `relay` is the relay's template of an assembly that is there. Raises UsageError."""
    relay = relay or template_of(environment)
    found = templates(relay.parents[1], environment)[f"alertrelay-{environment}-slos"]
    alarms = _of_objective(json.loads(found.read_text(encoding="utf-8")), traffic.objective)
    with DayRun(relay, environment, start=traffic.begins, down={}, deployment=deployed_once) as run:
        Burning(run, traffic, alarms).live()
        return run.finish()


def _of_objective(whole: Mapping[str, Any], objective: str) -> Mapping[str, Any]:
    """Returns the resources of a template that are alarms of one objective."""
    named = f"-slo-{objective}-"
    kept = {k: r for k, r in whole["Resources"].items() if named in r["Properties"].get("AlarmName", "")}
    return {**whole, "Resources": kept}


class Burning:
    """One objective on a running stack."""

    def __init__(self, run: DayRun, traffic: Traffic, alarms: Mapping[str, Any]) -> None:
        slo = run.stack.deployed.slo
        assert slo is not None  # or the environment had no objective
        self._run, self._traffic, self._alarms, self._slo = run, traffic, alarms, slo
        self._objective = _objective(slo, traffic.objective)
        self._known: dict[str, State] = {one["AlarmName"]: "OK" for one in alarms_of(alarms)[1]}
        self._shown: set[str] = set()
        environ = {
            **slo.environment,
            "AWS_ENDPOINT_URL": run.stack.emulator.url,
            "AWS_REGION": run.stack.emulator.region,
            "LAMBDA_TASK_ROOT": str(slo.code),
        }
        self._handler = load(slo.handler).bound(environ, clock=run.stack.clock)

    def live(self) -> None:
        """Lives from the traffic's begin to its end."""
        begins, ends = int(self._traffic.begins.timestamp()), int(self._traffic.ends.timestamp())
        self._put(at for at in self._traffic.counts if at < begins)
        series = self._series()
        for at in range(begins, ends, MINUTE):
            if at in self._traffic.counts:
                self._put([at])
            self._run.stack.run_until(datetime.fromtimestamp(at + MINUTE, UTC))
            if (at + MINUTE - SETTLED) % EVERY == 0:
                self._work_out()
            self._evaluate(series, at + MINUTE)
            self._show()
        self._run.stack.run_on()
        self._show()

    def _signals(self) -> Sequence[Signal]:
        (total,), (bad,) = self._objective.total, self._objective.bad
        return (total, bad)

    def _series(self) -> Series:
        return {
            (signal.namespace, signal.name, frozenset(signal.dimensions.items())): Minutes.of(
                {at: float(both[place]) for at, both in self._traffic.counts.items() if both[place]}
            )
            for place, signal in enumerate(self._signals())
        }

    def _put(self, times: Iterator[int] | Sequence[int]) -> None:
        """Into the emulated CloudWatch, as the load balancer reports: a count of nothing is not published."""
        chosen = list(times)
        for place, signal in enumerate(self._signals()):
            data = [
                {
                    "MetricName": signal.name,
                    "Dimensions": [{"Name": n, "Value": v} for n, v in signal.dimensions.items()],
                    "Timestamp": datetime.fromtimestamp(at, UTC),
                    "Value": self._traffic.counts[at][place],
                }
                for at in chosen
                if self._traffic.counts[at][place]
            ]
            for start in range(0, len(data), _AT_ONCE):
                self._run.stack.emulator.client("cloudwatch").put_metric_data(
                    Namespace=signal.namespace, MetricData=data[start : start + _AT_ONCE]
                )

    def _work_out(self) -> None:
        """One event of the slo function's schedule, now."""
        clock = self._run.stack.clock
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "time": rfc3339(clock.now()), "detail": {}}
        ends = clock.now() + timedelta(seconds=self._slo.timeout_seconds)
        with contextlib.redirect_stdout(io.StringIO()):
            self._handler(event, Context(self._slo.name, str(uuid.uuid4()), ends, clock))

    def _evaluate(self, series: Series, at: int) -> None:
        found = states(self._alarms, series, at)
        for alarm in alarms_of(self._alarms)[1]:
            name = alarm["AlarmName"]
            if found[name] != self._known[name]:
                text = json.dumps(_message(alarm, found[name], self._known[name], self._run, at))
                self._known[name] = found[name]
                topic = self._topic()
                self._run.publish(f"the alarm {name}", [Envelope(text=text, topic_arn=topic)], topic=topic)

    def _topic(self) -> str:
        topics = self._run.stack.deployed.topics
        return next(arn for name, arn in topics.items() if name.endswith("-slo-violations"))

    def _show(self) -> None:
        """Adds to the history what new messages say of the budget, each text once."""
        for received in self._run.stack.received:
            body = json.dumps(received.body, ensure_ascii=False, default=str) if received.taken else ""
            for text in _FACTS.findall(body):
                if text not in self._shown:
                    self._shown.add(text)
                    self._run.show(BudgetShown(at=self._run.stack.clock.now(), text=text))


def _objective(slo: ScheduledFunction, name: str) -> Objective:
    shipped = Path(slo.code) / slo.environment["ALERTRELAY_SLO_CONFIG"]
    config = SloConfig.from_json(json.loads(shipped.read_text(encoding="utf-8")))
    return next(one for one in config.objectives if one.id == name)


def _message(alarm: Mapping[str, Any], state: State, before: State, run: DayRun, at: int) -> dict[str, Any]:
    """A composite alarm's notification: it carries no number. Source: Amazon CloudWatch user guide, "Notifying users on
    alarm changes"."""
    region, name = run.stack.emulator.region, alarm["AlarmName"]
    changed = datetime.fromtimestamp(at, UTC)
    return {
        "AlarmName": name,
        "AlarmDescription": alarm["AlarmDescription"],
        "AWSAccountId": _ACCOUNT,
        "NewStateValue": state,
        "NewStateReason": f"{state} by its rule at {changed:%A %d %B, %Y %H:%M:%S} UTC",
        "StateChangeTime": rfc3339(changed).replace("Z", "+0000"),
        "Region": region,
        "AlarmArn": f"arn:aws:cloudwatch:{region}:{_ACCOUNT}:alarm:{name}",
        "OldStateValue": before,
        "AlarmRule": alarm["AlarmRule"],
        "TriggeringChildren": [],
    }
