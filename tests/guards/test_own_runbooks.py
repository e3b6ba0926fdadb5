"""Every alarm of the relay on itself, and every self-alert, has its runbook and its line in the on-call guide."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from alertrelay.config.own_runbooks import OWN_RUNBOOKS, own_runbook

from compiler.alarms.check import check_own_runbooks
from compiler.load import load
from compiler.reading.finding import Findings
from infra import companion_symptoms, option_symptoms, symptoms
from infra.close_symptoms import CLOSE
from tests.example import CONFIG

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "alertrelay" / "python" / "alertrelay"


def alarms() -> set[str]:
    """The alertnames of the files of symptoms, and that of the alarm on SMS, whose module needs node."""
    found = {
        one.alertname
        for value in {**vars(symptoms), **vars(option_symptoms), **vars(companion_symptoms)}.values()
        if isinstance(value, tuple)
        for one in value
    }
    made = (
        *CLOSE,
        *option_symptoms.scorer_symptoms(60),
        *symptoms.ticks(3),
        *option_symptoms.auditor_symptoms(900),
        *option_symptoms.drill_symptoms(3_600),
        *option_symptoms.intake_symptoms(""),
    )
    found |= {one.alertname for one in made}
    sms = (ROOT / "infra" / "sms_watch.py").read_text(encoding="utf-8")
    return found | set(re.findall(r'^NAME = "(\w+)"', sms, re.MULTILINE))


def self_alerts() -> set[str]:
    """The words that the layer gives to SelfAlert, and to the variable `name` beside it."""
    found: set[str] = set()
    for path in LAYER.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "SelfAlert(" in text:
            found |= set(re.findall(r'SelfAlert\(\s*name="(\w+)"', text))
            if "SelfAlert(name=name" in text:
                found |= set(re.findall(r'"([A-Z][a-zA-Z]+Refused)"', text))
    return found


def test_each_alarm_and_self_alert_of_the_relay_has_its_page() -> None:
    assert len(alarms()) >= 16
    assert {"SecretKeyRefused", "MessageRefused", "LoopDetected"} <= self_alerts()
    known = {name for names in OWN_RUNBOOKS.values() for name in names}
    assert alarms() | self_alerts() == known
    assert all(own_runbook(name) in OWN_RUNBOOKS for name in known)


def test_the_on_call_guide_lists_each_self_alert() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert {name for name in self_alerts() if f"| `{name}` |" not in guide} == set()


@pytest.mark.parametrize("missing", OWN_RUNBOOKS)
def test_the_check_names_a_page_of_the_relay_that_is_not_there(missing: str) -> None:
    findings = Findings()
    check_own_runbooks("environments/prod.yml", OWN_RUNBOOKS.keys() - {missing}, findings)
    (found,) = findings.sorted()
    assert (found.severity, found.code) == ("warning", "no-own-runbook")
    assert missing in found.message


def test_the_shipped_pages_are_all_that_the_check_asks_for(tmp_path: Path) -> None:
    files = shutil.copytree(CONFIG, tmp_path / "config")
    (tmp_path / "runbooks").symlink_to(ROOT / "runbooks")
    assert [one for one in load(files, "prod").findings if one.code.endswith("-runbook")] == []
