"""config/ is the user's: with three very different ones in it the tests stay green.

An audit hook in tests/conftest.py fails every test that opens a file of config/; this runs some of those that are most
about configuration in a copy of the repository.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.command import main
from tests.example import CONFIG
from tests.guards.copies import copy_repository, run_tests

TESTS = ("tests/compiler/test_load.py", "tests/compiler/test_shipped_routing.py", "tests/cli/test_check.py")


def _mail_alone(folder: Path) -> None:
    """One address, one environment, nothing watched."""
    flags = ["--environment", "only", "--on-call-mail", "oncall@our.company", "--yes", "--json"]
    assert main(["init", str(folder), *flags]) == 0


def _other_names(folder: Path) -> None:
    """The example with every receiver, channel and environment called otherwise."""
    shutil.copytree(CONFIG, folder)
    for path in folder.glob("*.yml"):
        text = path.read_text()
        for old, new in (("slack-", "chat-"), ("pagerduty-oncall", "pager"), ("example.com", "our.company")):
            text = text.replace(old, new)
        path.write_text(text)
    (folder / "environments" / "staging.yml").rename(folder / "environments" / "qa.yml")
    (folder / "environments" / "dev.yml").unlink()
    (folder / "anomaly.yml").unlink()


def _plain_alertmanager(folder: Path) -> None:
    """A webhook, no delivery.yml to speak of, one queue."""
    (folder / "environments").mkdir(parents=True)
    (folder / "alertmanager.yml").write_text(
        "route: {receiver: hook}\nreceivers: [{name: hook, webhook_configs: [{url_file: /run/secrets/hook}]}]\n"
    )
    (folder / "delivery.yml").write_text("last_resort: {email: [oncall@our.company]}\n")
    (folder / "environments" / "a.yml").write_text("ops_email: [ops@our.company]\nqueues: [{id: work}]\n")


@pytest.fixture(name="copy")
def _copy(tmp_path: Path) -> Path:
    """The repository without its config/."""
    target = tmp_path / "copy"
    copy_repository(target, "app.py", "cdk.json", "pyproject.toml")
    return target


@pytest.mark.parametrize("fill", [_mail_alone, _other_names, _plain_alertmanager], ids=lambda fill: fill.__name__)
def test_what_passes_check_leaves_the_tests_green(
    fill: Callable[[Path], None], copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(copy / "config")
    assert main(["check", "--config-dir", str(copy / "config")]) == 0, capsys.readouterr().out
    run_tests(copy, *TESTS)
