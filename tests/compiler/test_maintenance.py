"""`maintenance` of an environment's file: what it means here and in CloudWatch, and each fault with its mend."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.load import Loaded, load
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import parse_environment
from tests.example import CONFIG

WINDOW = """
  - name: patch-night
    schedule: "0 2 * * SUN"
    duration: 3h
    time_zone: Europe/Berlin
    match: ['service="orders"', 'severity=~"warning|critical"']
"""


def loaded(folder: Path, text: str) -> Loaded:
    shutil.copytree(CONFIG, folder / "config")
    with (folder / "config/environments/prod.yml").open("a") as file:
        file.write(f"\nmaintenance:{text}")
    return load(folder / "config", "prod")


FAULTS = [
    ('schedule: "0 2 * * SUN"', 'schedule: "0 2 * * ? *"', "bad-value", "five fields"),
    ('schedule: "0 2 * * SUN"', 'schedule: "*/5 2 * * SUN"', "bad-value", "'*/5'"),
    ('schedule: "0 2 * * SUN"', 'schedule: "0 25 * * SUN"', "bad-value", "'25'"),
    ('schedule: "0 2 * * SUN"', 'schedule: "0 2 1 * SUN"', "bad-value", "day of the week"),
    ('schedule: "0 2 * * SUN"', "schedule: at(2026-13-01T00:00)", "bad-value", "no time"),
    ("duration: 3h", "duration: 16d", "out-of-range", "16d"),
    ("duration: 3h", "duration: 90s", "out-of-range", "90s"),
    ("Europe/Berlin", "Europe/Berlim", "bad-value", "Berlim"),
    ("name: patch-night", "name: patch night", "bad-value", "patch night"),
    ("    duration: 3h\n", "", "missing-key", "duration"),
    ("""'service="orders"'""", """'service=~"("'""", "bad-matcher", ""),
    ("time_zone:", "mute: yes\n    time_zone:", "unknown-key", "mute"),
]


@pytest.mark.parametrize(("was", "becomes", "code", "said"), FAULTS)
def test_each_fault_is_named_with_a_mend(was: str, becomes: str, code: str, said: str) -> None:
    assert was in WINDOW
    findings = Findings()
    root = parse(f"maintenance:{WINDOW.replace(was, becomes)}", findings, file="prod.yml")
    assert root is not None
    parse_environment(root, "prod", findings)
    found = [one for one in findings.sorted() if one.code == code]
    assert found
    assert found[0].mend
    assert said in found[0].message


CROSS = [
    ("time_zone:", "receivers: [nowhere]\n    time_zone:", "unknown-receiver"),
    ("time_zone:", "receivers: [slack-app-plane]\n    time_zone:", "mutes-others"),
    ('service="orders"', 'pod="x"', "mutes-no-alarm"),
]


@pytest.mark.parametrize(("was", "becomes", "code"), CROSS)
def test_what_the_window_would_hide_is_named(tmp_path: Path, was: str, becomes: str, code: str) -> None:
    found = [one for one in loaded(tmp_path, WINDOW.replace(was, becomes)).findings if one.code == code]
    assert found
    assert all(one.mend for one in found)


def test_two_of_a_name_and_a_window_here_alone(tmp_path: Path) -> None:
    found = loaded(tmp_path, WINDOW + WINDOW)
    assert [one.code for one in found.errors] == ["duplicate-name"]
