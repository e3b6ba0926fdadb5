"""The synthesised stack, for each test anew from one deployment that is kept: nothing else is shared.

That a run from a kept deployment is as one from a new one is shown by tests/local/test_snapshot.py.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alertrelay.config.model import Config
from alertrelay.sources import unwrap

from compiler.load import load
from infra.assets import CONFIG_FILE
from local.stack.day import DayRun
from local.stack.day_input import template_of
from local.stack.deployed import Deployed, verify_senders
from local.stack.emulator import Emulator
from local.stack.history import Day
from local.stack.running import RunningStack
from local.stack.shipped import config_of, fake_secrets
from local.stack.snapshot import deployed_once
from local.standins import Fault
from tests.example import CONFIG

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[1]
EVENTS = ROOT / "events"

Begin = Callable[..., DayRun]


class BriefStack(RunningStack):
    """Ends a day after the first retry of what nobody takes; a test of later ones asks for a RunningStack."""

    RETRIES = 1


Told = dict[tuple[str, str], list[str]]


@pytest.fixture(scope="session")
def template() -> Path:
    """prod, synthesised if its inputs have changed."""
    return template_of("prod")


@pytest.fixture
def begin(template: Path) -> Iterator[Begin]:
    """begin(pagerduty=Fault(…)) is a running stack; it is gone after the test. A test of what asks CloudFormation,
    Lambda or KMS needs one that `deploy` makes: they are not kept."""
    with ExitStack() as running:

        def enter(
            down: Mapping[str, Fault] | None = None,
            start: datetime = START,
            engine: type[RunningStack] = BriefStack,
            deployment: Callable[[Emulator, Path], Deployed] = deployed_once,
        ) -> DayRun:
            return running.enter_context(
                DayRun(template, "prod", start=start, down=down or {}, engine=engine, deployment=deployment)
            )

        yield enter


@pytest.fixture
def begin_changed(template: Path, tmp_path: Path) -> Iterator[Callable[..., DayRun]]:
    """begin_changed(change, down={…}) is a running stack whose alertmanager.yml, or another file, is changed."""
    with ExitStack() as running:

        def enter(
            change: Callable[[str], str], down: Mapping[str, Fault] | None = None, file: str = "alertmanager.yml"
        ) -> DayRun:
            files = shutil.copytree(CONFIG, tmp_path / "config")
            changed_file = files / file
            changed_file.write_text(change(changed_file.read_text(encoding="utf-8")), encoding="utf-8")
            loaded = load(files, "prod")
            assert loaded.config, loaded.findings
            changed = with_config(template, loaded.config, tmp_path / "assembly")
            deployment = functools.partial(deployed_as, template)
            return running.enter_context(
                DayRun(changed, "prod", start=START, down=down or {}, engine=BriefStack, deployment=deployment)
            )

        yield enter


def with_config(template: Path, config: Config, folder: Path) -> Path:
    """A copy of the template whose functions ship another compiled configuration."""
    folder.mkdir()
    for path in template.parents[1].iterdir():
        if path == template.parent or (path / CONFIG_FILE).is_file():
            shutil.copytree(path, folder / path.name)
        else:
            (folder / path.name).symlink_to(path)
    for shipped in folder.glob(f"*/{CONFIG_FILE}"):
        shipped.write_text(json.dumps(config.to_json()), encoding="utf-8")
    return folder / template.parent.name / template.name


def deployed_as(base: Path, emulator: Emulator, changed: Path) -> Deployed:
    """Deploys a template that differs from `base` in its configuration alone: what is kept of `base`, with the code
    that the changed one names, and its keys in the secret."""
    kept, config = deployed_once(emulator, base), config_of(changed)
    if (secrets := fake_secrets(config)) != kept.secrets:
        manager = emulator.client("secretsmanager")
        manager.put_secret_value(SecretId=kept.secret_arn, SecretString=json.dumps(secrets))
    verify_senders(emulator, config)
    folder = base.parent.resolve()
    functions = tuple(
        replace(one, code=(changed.parent / os.path.relpath(one.code, folder)).resolve()) for one in kept.functions
    )
    return replace(kept, config=config, secrets=secrets, functions=functions)


@pytest.fixture
def events() -> Path:
    """The folder of recorded events."""
    return EVENTS


@pytest.fixture
def critical() -> bytes:
    """A critical RDS alarm, as Lambda gets it."""
    return (EVENTS / "rds-cpu-critical-alarm.json").read_bytes()


@pytest.fixture
def critical_ok() -> bytes:
    """Its resolve, after eleven minutes in place of 18: each minute in between is played."""
    return (EVENTS / "rds-cpu-critical-ok.json").read_bytes().replace(b"08:39:", b"08:32:")


@pytest.fixture
def warning() -> bytes:
    """A warning of a service: Slack and e-mail, no page."""
    return (EVENTS / "ecs-cpu-alarm.json").read_bytes()


@pytest.fixture
def lived(begin: Begin) -> Callable[..., Day]:
    """lived(content, …, down={…}) is the day that these files make; between two of them `apart` seconds pass."""

    def live(*contents: bytes, down: Mapping[str, Fault] | None = None, apart: float = 0) -> Day:
        run = begin(down)
        for number, content in enumerate(contents):
            if number and apart:
                run.stack.run_until(run.stack.clock.now() + timedelta(seconds=apart))
            run.publish(f"file-{number}", unwrap(content))
        return run.finish()

    return live


@pytest.fixture
def told() -> Callable[..., Told]:
    """What became of a file of a day: outcomes by (receiver, channel), sorted."""

    def of(day: Day, place: int = 0) -> Told:
        found: Told = {}
        for delivery in day.events[place].deliveries:
            outcome = delivery.outcome
            found.setdefault((outcome.receiver, outcome.channel or ""), []).append(outcome.outcome)
        return {key: sorted(values) for key, values in found.items()}

    return of


@pytest.fixture
def message_of() -> Callable[[bytes], dict[str, Any]]:
    """The bare message inside an event of ours."""

    def of(content: bytes) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(json.loads(content)["Records"][0]["Sns"]["Message"])
        return message

    return of
