"""The pages say what the code does, and link to what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alertrelay.notification import Reason

from compiler.anomaly import KEYS, WATCH_KEYS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("events/*.md")])
SELF_ALERT = re.compile(r'SelfAlert\(\s*name="(\w+)"|name = "(\w+)" if isinstance\(failure, AuthDead\) else "(\w+)"')


def test_every_reason_stands_in_the_operators_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [reason.value for reason in Reason if f"`{reason.value}`" not in page] == []


def test_every_self_alert_has_its_mend_in_the_operators_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    package = ROOT / "layers" / "alertrelay" / "python" / "alertrelay"
    text = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    names = {name for found in SELF_ALERT.findall(text) for name in found if name}
    assert len(names) >= 4
    assert [name for name in sorted(names) if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_event_that_a_function_logs_stands_in_its_page() -> None:
    package = ROOT / "layers" / "alertrelay" / "python" / "alertrelay"
    scorer = {*(package / "anomaly" / "scorer").glob("*.py"), package / "runtime" / "scorer.py"}
    for name, files in (("anomaly", scorer), ("operations", {*package.rglob("*.py")} - scorer)):
        page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        text = "".join(path.read_text(encoding="utf-8") for path in files)
        events = set(re.findall(r'\.(?:log|failed)\(\s*"(\w+)"', text))
        assert len(events) > 12
        assert [event for event in sorted(events) if f"`{event}`" not in page] == []


def test_every_key_of_the_scorer_s_file_stands_in_its_page() -> None:
    page = (ROOT / "docs" / "anomaly.md").read_text(encoding="utf-8")
    assert [key for key in (*KEYS, *WATCH_KEYS) if not re.search(rf"[`.\]]{key}`", page) and key != "watch"] == []
