"""`check` warns of an inhibition that makes two alerts equal by labels that both lack."""

from __future__ import annotations

import pytest

from tests.compiler.conftest import Read

FILE = """\
route: {{receiver: r}}
receivers: [{{name: r}}]
inhibit_rules:
  - source_matchers: [{source}]
    target_matchers: [{target}]
    equal: {equal}
"""


@pytest.mark.parametrize(
    ("source", "target", "equal", "warned"),
    [
        ("severity=critical", "severity=warning", "[alertname, service]", True),
        ("severity=critical", "severity=warning", "[alertname]", False),
        ('severity=critical, service!=""', "severity=warning", "[alertname, service]", False),
        ("severity=critical", 'severity=warning, service=~".+"', "[service, cluster]", False),
        ('severity=critical, service=~".*"', "severity=warning", "[service]", True),
        ("severity=critical", "severity=warning", "[]", False),
    ],
)
def test_a_rule_is_named_whose_equal_labels_may_all_be_missing(
    read_config: Read, source: str, target: str, equal: str, warned: bool
) -> None:
    _, findings = read_config(FILE.format(source=source, target=target, equal=equal))
    assert ("equal-can-be-absent" in {finding.code for finding in findings}) == warned
