"""A deployment that is kept: a run from it is as a run from a new one, and leaves nothing in it."""

from __future__ import annotations

import functools
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alertrelay.sources import unwrap

from cli.drill import choose, drill, local_ground
from compiler.load import load
from local.stack import snapshot
from local.stack.day import DayRun
from local.stack.deployed import Deployed
from local.stack.emulator import Emulator
from local.stack.snapshot import deployed_once
from tests.example import CONFIG
from tests.stack import with_config

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder in place of the build folder's."""
    return tmp_path / "deployed"


def outcomes(template: Path, content: bytes, folder: Path) -> list[tuple[str, str, str]]:
    kept = functools.partial(deployed_once, folder=folder)
    with DayRun(template, "prod", start=START, down={}, deployment=kept) as run:
        run.publish("file", unwrap(content))
        (event,) = run.finish().events
    return sorted((d.outcome.receiver, d.outcome.channel or "", d.outcome.outcome) for d in event.deliveries)


@pytest.fixture(name="kept", scope="module")
def _kept(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment that is kept, alone in its folder."""
    folder = tmp_path_factory.mktemp("deployed")
    deployed(template, folder)
    (kept,) = folder.iterdir()
    return kept


def deployed(template: Path, folder: Path) -> Deployed:
    with Emulator(region="eu-west-1", now=lambda: START) as emulator:
        return deployed_once(emulator, template, folder)


def test_a_run_from_a_kept_deployment_is_as_the_first(template: Path, critical: bytes, folder: Path) -> None:
    first = outcomes(template, critical, folder)
    (kept,) = folder.iterdir()
    content = kept.read_bytes()
    assert first
    assert outcomes(template, critical, folder) == first
    assert kept.read_bytes() == content


def test_a_kept_deployment_sends_mail_by_ses_as_the_first(
    template: Path, critical: bytes, folder: Path, tmp_path: Path
) -> None:
    files = shutil.copytree(CONFIG, tmp_path / "config")
    delivery = files / "delivery.yml"
    delivery.write_text(delivery.read_text().replace("transport: smtp", "transport: ses"))
    config = load(files, "prod").config
    assert config is not None
    by_ses = with_config(template, config, tmp_path / "assembly")
    first = outcomes(by_ses, critical, folder)
    assert ("email-oncall", "email", "delivered") in first
    assert outcomes(by_ses, critical, folder) == first


def test_a_kept_deployment_is_not_made_again(
    template: Path, critical: bytes, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "deploy", lambda *_: pytest.fail("deployed anew"))
    assert outcomes(template, critical, kept.parent)


def test_a_drill_holds_on_a_kept_deployment_as_on_the_first(
    template: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "deploy", lambda *_: pytest.fail("deployed anew"))
    from_kept, said = functools.partial(deployed_once, folder=kept.parent), list[str]()
    with DayRun(template, "prod", start=START, down={}, deployment=from_kept) as run:
        ground = local_ground(run, run.stack.emulator.client, said.append)
        assert drill(choose("malformed", None), lambda: ground, as_json=False) == 0, said


@pytest.mark.parametrize("content", [b"", b"\x80", b"no pickle at all", b"\x80\x04K\x01."])
def test_a_damaged_file_is_replaced(template: Path, kept: Path, folder: Path, content: bytes) -> None:
    folder.mkdir()
    damaged = folder / kept.name
    damaged.write_bytes(content)
    deployed(template, folder)
    assert damaged.read_bytes() != content
    assert list(folder.iterdir()) == [damaged]


def test_another_template_is_another_deployment(template: Path, tmp_path: Path, folder: Path) -> None:
    copy = template.with_name("changed.template.json")
    copy.write_text(template.read_text() + "\n")
    try:
        for one in (template, copy):
            deployed(one, folder)
    finally:
        copy.unlink()
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_cannot_be_written_does_no_harm(template: Path, folder: Path) -> None:
    folder.write_text("a file")
    assert deployed(template, folder).functions
