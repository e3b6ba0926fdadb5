"""The dashboard of Grafana: its own classes read it without loss, and every query is PromQL over the rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from grafana_foundation_sdk.cog import encoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from compiler.rules.promql import metrics, parse
from tools import grafana_dashboard

RULES = Path(__file__).parents[2] / "rules"
RENDERED = RULES / "rendered" / "services.json"
PARAMETERS = yaml.safe_load((RULES / "parameters.yml").read_text(encoding="utf-8"))["values"]


def _document() -> Any:
    return json.loads(RENDERED.read_text(encoding="utf-8"))


def _lost(ours: Any, theirs: Any, way: str = "") -> Iterator[str]:
    """Yields what is missing or different in `theirs`, which may have defaults beside it."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            yield from _lost(value, theirs.get(key, "missing"), f"{way}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _lost(one, other, f"{way}[{index}]")
    elif ours != theirs:
        yield f"{way}: {ours!r} became {theirs!r}"


def _panels() -> list[Any]:
    return [panel for panel in _document()["panels"] if panel["type"] != "row"]


def test_the_template_is_current() -> None:
    assert grafana_dashboard.main(["--check"]) == 0


def test_grafana_s_own_classes_read_it_without_loss() -> None:
    register_default_plugins()
    read = Dashboard.from_json(_document())
    back = json.loads(encoder.JSONEncoder(sort_keys=True).encode(read))
    assert list(_lost(_document(), back)) == []


def test_every_query_is_promql_over_metrics_that_the_rules_record_or_read() -> None:
    files = (path for path in (RULES / "rendered").glob("*.yml"))
    rules = [
        r for path in files for g in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"] for r in g["rules"]
    ]
    known = {rule["record"] for rule in rules if "record" in rule} | {"ALERTS"}
    known |= {name for rule in rules for name in metrics(parse(rule["expr"]))}
    queries = [target["expr"] for panel in _panels() for target in panel["targets"]]
    queries += [one["expr"] for one in _document()["annotations"]["list"]]
    assert len(queries) > 25
    for query in queries:
        assert metrics(parse(query)) <= known, query


def test_thresholds_are_the_parameters_and_rise() -> None:
    drawn = 0
    for panel in _panels():
        values = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        assert values[0] is None
        assert values[1:] == sorted(values[1:])
        drawn += len(values) - 1
        assert set(values[1:]) <= {value for value in PARAMETERS.values() if isinstance(value, int | float)}
    assert drawn > 15


def test_no_panel_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _document()["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
