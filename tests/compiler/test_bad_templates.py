"""Templates and files that would not end, grow without end or are very large: a warning at synth, ours in a message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alertrelay.channels import render

from compiler.alertmanager.file import parse_alertmanager
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import read
from tests.channels.slack.example import SLACK_BOT
from tests.channels.team import team_target
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]
HEAD = """route: {receiver: r}
receivers:
- name: r
  slack_configs:
  - &one
    api_url_file: /s/k
    channel: '#a'
    send_resolved: true
"""


def found(folder: Path, keys: str) -> list[Finding]:
    path = folder / "alertmanager.yml"
    path.write_text(HEAD + keys, encoding="utf-8")
    findings = Findings()
    root = read(path, findings, name="alertmanager.yml")
    assert root is not None
    assert parse_alertmanager(root, findings) is not None
    return list(findings.sorted())


RECURSION = '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}'
ENDLESS = {
    RECURSION: "more than 40 deep",
    "{{ range 10000 }}{{ printf `%01000d` 1 }}{{ end }}": "longer than 512 KiB",
    "{{ range 1000000000 }}{{ end }}": "more than 200,000 steps",
}


@pytest.mark.parametrize(("text", "says"), ENDLESS.items())
def test_what_would_not_end_is_a_warning_and_ours_in_the_message(tmp_path: Path, text: str, says: str) -> None:
    (one,) = found(tmp_path, f"    text: '{text}'\n")
    assert (one.code, one.severity, one.line, one.key) == (
        "template-fails",
        "warning",
        9,
        "receivers[0].slack_configs[0].text",
    )
    assert says in one.message
    assert one.mend
    assert _shown({"text": text}) == _shown({}, f"text: line 1: {says}")


def _shown(texts: dict[str, Any], failure: str = "") -> list[str]:
    """The texts of a message of ten alerts, without its footer, which names a failure."""
    alerts = tuple(replace(FIRING.alerts[0], state_key=str(n), labels=_labels(n)) for n in range(10))
    message = render(replace(FIRING, alerts=alerts, firing_count=10), team_target("slack", SLACK_BOT, texts))
    *shown, footer = [str(block) for block in message["blocks"]]
    assert failure in footer or not texts
    return shown


def _labels(number: int) -> dict[str, str]:
    return {"alertname": "A", "service": "orders", "severity": "critical", "n": "x" if number == 7 else "abcdefgh"}


def test_a_fault_of_one_alert_of_ten_leaves_our_text_and_the_others_theirs() -> None:
    text = "{{ range .Alerts }}{{ slice .Labels.n 3 }}{{ end }}"
    ours, theirs = _shown({}), _shown({"text": text, "title": "Zebra {{ len .Alerts }}"})
    assert "Zebra 10" in theirs[0]
    assert theirs[1:] == ours[1:]


def test_a_file_of_five_megabytes_is_read_with_its_lines(tmp_path: Path) -> None:
    lines = f"      {'word ' * 80}{{{{ .Status }}}}\n" * 12_600
    (one,) = found(tmp_path, f"    text: |\n{lines}      {{{{ nope }}}}\n")
    assert (one.code, one.line) == ("bad-template", 9 + 12_600 + 1)
    assert (tmp_path / "alertmanager.yml").stat().st_size > 5_000_000


def test_anchors_and_merges_carry_templates(tmp_path: Path) -> None:
    keys = "    title: &t '{{ .Status }}'\n    text: *t\n  - {<<: *one, channel: '#b', title: '{{ .Stat }}'}\n"
    (one,) = found(tmp_path, keys)
    assert (one.code, one.key, one.line) == ("template-fails", "receivers[0].slack_configs[1].title", 11)
