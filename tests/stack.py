"""The synthesised stack, deployed anew for each test: a quarter of a second, and nothing is shared but the template."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alertrelay.config.model import Config
from alertrelay.sources import unwrap

from compiler.load import load
from infra.assets import CONFIG_FILE
from local.stack.day import Day, DayRun
from local.stack.day_input import template_of
from local.standins import Fault
from tests.example import CONFIG

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[1]
EVENTS = ROOT / "events"

Begin = Callable[..., DayRun]
Told = dict[tuple[str, str], list[str]]


@pytest.fixture(scope="session")
def template() -> Path:
    """prod, synthesised if its inputs have changed."""
    return template_of("prod")


@pytest.fixture
def begin(template: Path) -> Iterator[Begin]:
    """begin(pagerduty=Fault(…)) is a running stack; it is gone after the test."""
    with ExitStack() as running:

        def enter(down: Mapping[str, Fault] | None = None, start: datetime = START) -> DayRun:
            return running.enter_context(DayRun(template, "prod", start=start, down=down or {}))

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
            return running.enter_context(DayRun(changed, "prod", start=START, down=down or {}))

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
    """Its end."""
    return (EVENTS / "rds-cpu-critical-ok.json").read_bytes()


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
