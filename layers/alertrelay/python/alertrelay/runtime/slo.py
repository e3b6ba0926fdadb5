"""The composition root of the slo function: reads the environment once, builds the ports, and is its handler."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alertrelay.aws.clients import PATIENT, clients
from alertrelay.aws.slo.budgets import DynamoBudgets
from alertrelay.aws.slo.signals import CloudWatchSignals
from alertrelay.config.slo import SloConfig
from alertrelay.ports import Clock
from alertrelay.runtime.container import SystemClock
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST
from alertrelay.slo.ports import Watching
from alertrelay.slo.run import History, run


@dataclass(frozen=True, slots=True)
class _Built:
    watching: Watching
    observer: Observer
    history: History = field(default_factory=History)


class SloHandler:
    """A Lambda handler of the schedule. Its parts are built with the first invocation."""

    def __init__(self) -> None:
        self._built: _Built | None = None

    def __call__(self, event: Any, context: Any) -> dict[str, Any] | None:
        """Raises SignalsFailure or BudgetsIncomplete: Lambda then tries the run again, and an alarm looks at errors."""
        if self._built is None:
            self._built = _build(os.environ)
        return _handle(self._built, event, context)

    def bound(self, environ: Mapping[str, str], *, clock: Clock) -> Callable[[Any, Any], dict[str, Any] | None]:
        """The same handler with its environment and clock given, for a run on this machine."""
        built = _build(environ, clock=clock)
        return lambda event, context: _handle(built, event, context)


def slo() -> SloHandler:
    """The handler of the function."""
    return SloHandler()


def _build(environ: Mapping[str, str], *, clock: Clock | None = None) -> _Built:
    """`environ` is what infra/slo.py sets. Raises KeyError where it lacks a name, OSError and ValueError where the
    compiled objectives cannot be read."""
    clock = clock or SystemClock()
    region = environ.get("AWS_REGION") or environ["AWS_DEFAULT_REGION"]
    aws = clients(environ.get("AWS_ENDPOINT_URL"), region=region, config=PATIENT)
    path = Path(environ.get("LAMBDA_TASK_ROOT", ".")) / environ["ALERTRELAY_SLO_CONFIG"]
    observer = Observer(
        service=environ.get("POWERTOOLS_SERVICE_NAME", "slo"),
        level=environ.get("POWERTOOLS_LOG_LEVEL", ""),
        namespace=environ.get("POWERTOOLS_METRICS_NAMESPACE", "alertrelay"),
        also=None,
    )
    watching = Watching(
        config=SloConfig.from_json(json.loads(path.read_text(encoding="utf-8"))),
        signals=CloudWatchSignals(aws.cloudwatch),
        budgets=DynamoBudgets(aws.dynamodb, environ["ALERTRELAY_TABLE"], clock),
        clock=clock,
        measure=observer.measure,
        log=observer.log,
    )
    return _Built(watching, observer)


def _handle(built: _Built, event: Any, context: Any) -> dict[str, Any] | None:
    built.observer.begin(context)
    try:
        if event == SELF_TEST:
            # Its parts are built and its objectives are read: no metric is asked for, and nothing is written.
            return {"self_test": PASSED, "objectives": len(built.watching.config.objectives)}
        run(built.watching, built.history)
        return None
    finally:
        built.observer.end()
