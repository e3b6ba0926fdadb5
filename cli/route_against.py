"""`alertrelay route --against`: what a change of the file changes, for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from alertrelay.alert import Labels
from alertrelay.config.model import Config
from alertrelay.values.text import how_many

from cli.config_dir import delivery_beside
from cli.report import refuse
from cli.route_cases import Case, print_labels, read_cases
from cli.route_changes import (
    Probe,
    RouteAnswer,
    answer,
    changed_globals,
    changed_receivers,
    changed_routes,
    changed_settings,
)
from compiler.alertmanager.managed import read_alertmanager
from compiler.config_files import ALERTMANAGER
from compiler.load import try_out
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import Value


def compare(now: Config, path: Path, *, against: Path, cases: Path | None, labels: Labels) -> int:
    """Prints who is notified now and was before; returns 1 where that differs, or where a case does not hold."""
    old = against / ALERTMANAGER if against.is_dir() else against
    loaded = try_out(old, delivery=delivery_beside(old))
    if loaded.config is None:
        return refuse(loaded.errors)
    found = read_cases(cases) if cases else []
    if isinstance(found, tuple):
        return refuse(found, unread=2)
    before = loaded.config
    answers = [answer(now, before, Probe(name=case.place, labels=case.labels)) for case in found]
    if labels:
        answers.append(answer(now, before, Probe(name="the alert", labels=labels)))
    failed = list(_failed(found, answers))
    changed, tried = changed_routes(now, before)
    files = (_root(path), _root(old))
    destinations = changed_receivers(*files, (now, before))
    common = [f"global: other {key}" for key in changed_globals(*files)]
    for line in (*_lines([*answers, *changed]), *failed, *destinations, *common, *changed_settings(now, before)):
        print(line)
    differ = sum(one.differs for one in answers)
    names = len({one.probe.name for one in changed})
    others = len(destinations) + len(common)
    print(
        f"other receivers at {names} of {how_many(tried, 'route')}"
        + (f", {differ} of {how_many(len(answers), 'case')}" if answers else "")
        + (f"; {how_many(others, 'receiver or global', 'receivers or globals')} changed" if others else "")
    )
    return int(bool(changed or differ or failed or destinations or common))


def _root(path: Path) -> Value:
    root = read_alertmanager(path, Findings())
    assert root is not None, "it compiled"
    return root


def _lines(answers: Sequence[RouteAnswer]) -> Iterator[str]:
    for one in answers:
        labels = print_labels(one.probe.labels)
        if not one.differs:
            yield f"{one.probe.name}: {labels}: {','.join(one.now)}, as before"
            continue
        yield f"{one.probe.name}: {labels}"
        yield f"  now    {','.join(one.now)}"
        yield f"  before {','.join(one.before)}"


def _failed(cases: Sequence[Case], answers: Sequence[RouteAnswer]) -> Iterator[str]:
    for case, found in zip(cases, answers, strict=False):
        if found.now != case.receivers:
            yield f"{case.place}: expected {','.join(case.receivers)}, but got {','.join(found.now)}"
