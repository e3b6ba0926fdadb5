"""The table of docs/try-it-locally.md by release is what `simulate --compatible` does."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli.command import main

PAGE = Path(__file__).parents[2] / "docs" / "try-it-locally.md"
RELEASES = ("0.25", "0.28", "0.33", "0.35")
CONFIG = """
route:
  receiver: r
  group_by: [service]
  group_wait: 30s
  group_interval: 5m
  routes: [{matchers: [team=a], group_by: [%s]}, {matchers: [team=m], mute_time_intervals: [end]}]
receivers: [{name: r, webhook_configs: [{url: 'https://hooks.example.com/x', send_resolved: true}]}]
time_intervals: [{name: end, time_intervals: [{days_of_month: ['-1'], location: Europe/Berlin}]}]
"""


def rows() -> dict[str, list[str]]:
    """The cells of each row by what it is about."""
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index("### By release") :]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    assert cells[0][1:] == list(RELEASES)
    return {row[0]: row[1:] for row in cells[2:7]}


def sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], release: str, timeline: Sequence[object], *more: str
) -> list[tuple[float, int]]:
    """When something was sent, and how many alerts."""
    (tmp_path / "a.yml").write_text(CONFIG % "")
    (tmp_path / "t.json").write_text(json.dumps(timeline))
    command = [
        "simulate",
        "--config",
        str(tmp_path / "a.yml"),
        "--timeline",
        str(tmp_path / "t.json"),
        "--until",
        "20m",
    ]
    assert main([*command, f"--compatible={release}", *more]) == 0
    return [(one["t"], len(one["alerts"])) for one in map(json.loads, capsys.readouterr().out.splitlines())]


def alert(end: object = None, **labels: str) -> dict[str, object]:
    return {"labels": {"alertname": "A", **labels}} | ({"endsAt": end} if end else {})


@pytest.mark.parametrize("number", range(4), ids=RELEASES)
def test_each_cell_is_what_the_simulation_does(number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release, table = RELEASES[number], {name: cells[number] for name, cells in rows().items()}
    names, empty_list, empty_group, joins, days = table.values()
    dashed = [[0, [{"labels": {"alertname": "A", "a-b": "c"}}]]]
    assert bool(sent(tmp_path, capsys, release, dashed)) == (names == "taken")
    two = [[0, [alert(1200, team="a", service="x"), alert(1200, team="a", service="y")]]]
    assert len(sent(tmp_path, capsys, release, two)) == (1 if empty_list == "one group" else 2)
    again = [[0, [alert(1200)]], [10, [alert(20)]], [40, [alert(1200)]]]
    assert sent(tmp_path, capsys, release, again)[0][0] == (70 if empty_group == "ends at once" else 330)
    late = [[0, [alert(1200, service="x")]], [5, [{**alert(1200, service="x", n="2"), "startsAt": -3600}]]]
    assert (sent(tmp_path, capsys, release, late)[0][0] == 5) == (joins == "flushed at once")
    muted = sent(tmp_path, capsys, release, [[0, [alert(1200, team="m")]]], "--start", "2026-03-31T10:00:00Z")
    assert bool(muted) == (days == "by hours")


def test_the_unverified_release_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yml").write_text(CONFIG % "")
    (tmp_path / "t.json").write_text("[]")
    said = {}
    for release in RELEASES:
        timeline = ["--timeline", str(tmp_path / "t.json"), "--until", "1m"]
        main(["simulate", "--config", str(tmp_path / "a.yml"), *timeline, f"--compatible={release}"])
        said[release] = bool(re.search("0.35 is unverified", capsys.readouterr().err))
    assert [release for release, unverified in said.items() if unverified] == ["0.35"]
