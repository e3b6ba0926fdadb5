"""The real Alertmanager as the oracle of routing: random trees and label sets, asked of `amtool config routes test`."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from alertrelay.config.model import Route
from alertrelay.policy.route import match_routes

from compiler.alertmanager.file import parse_alertmanager
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse

pytestmark = pytest.mark.needs_tool("amtool")

NAMES = ("severity", "service", "team")
VALUES = ("critical", "warning", "api", "api-2", "Zürich", "a b", "x.y", "line\nbreak")
EXACT = (*VALUES[:6], "")
REGEXES = (
    "critical|warning",
    "api.*",
    "api",
    ".+",
    ".*",
    "",
    "(?i)CRITICAL",
    "[[:alpha:]]+",
    "x.y",
    "a)(.*",
    "pi",
    "a.?b|",
)


def _matcher(random_: random.Random) -> str:
    op = random_.choice(("=", "=", "!=", "=~", "=~", "!~"))
    value = random_.choice(REGEXES if "~" in op else EXACT)
    return f'{random_.choice(NAMES)}{op}"{value}"'


def _node(random_: random.Random, receivers: list[str], depth: int) -> dict[str, Any]:
    receivers.append(f"r{len(receivers)}")
    node: dict[str, Any] = {
        "receiver": receivers[-1],
        "matchers": [_matcher(random_) for _ in range(random_.randint(0 if depth > 1 else 1, 2))],
        "continue": random_.random() < 0.4,
    }
    if depth < 3:
        node["routes"] = [_node(random_, receivers, depth + 1) for _ in range(random_.randint(0, 3))]
    return node


def _file(random_: random.Random) -> str:
    receivers = ["root"]
    routes = [_node(random_, receivers, 1) for _ in range(random_.randint(1, 4))]
    route = {"receiver": "root", "routes": routes}
    return json.dumps({"route": route, "receivers": [{"name": name} for name in receivers]})


def _route(text: str) -> Route:
    findings = Findings()
    root = parse(text, findings, file="alertmanager.yml")
    assert root
    parsed = parse_alertmanager(root, findings, transport="smtp")
    assert parsed, findings.sorted()
    return parsed.route


def _asked(path: Path, labels: dict[str, str]) -> str:
    pairs = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
    command = ["amtool", "config", "routes", "test", f"--config.file={path}", *pairs]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


@pytest.mark.parametrize("seed", range(20))
def test_an_alert_ends_where_alertmanager_lets_it_end(seed: int, tmp_path: Path) -> None:
    random_ = random.Random(seed)
    text = _file(random_)
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    tree = _route(text)
    for _ in range(10):
        labels = {name: random_.choice(VALUES) for name in NAMES if random_.random() < 0.75}
        labels = labels or {"severity": "critical"}
        ours = ",".join(route.receiver for route in match_routes(tree, labels))
        assert ours == _asked(path, labels), (labels, text)
