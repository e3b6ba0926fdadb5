"""A count stands with its word in the singular or the plural: `1 file`, never `1 files`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from alertrelay.values.text import how_many

ROOT = Path(__file__).parents[2]
SHOWN = ("cli", "compiler", "local", "layers", "infra")
_PLURAL = re.compile(r" (?:more |further |dead )?[a-z]{2,}[^s\W]s\b")
ALWAYS_SEVERAL = {
    "compiler/alarms/check.py: len(alarms) alarms",
    "compiler/alarms/check.py: len(parent.rule) characters",
    "compiler/alarms/slo_check.py: len(several) objectives",
    "compiler/reading/finding.py: len(same) findings",
    "compiler/reading/finding.py: len(same) times",
    "layers/alertrelay/python/alertrelay/intake/console/silence_preview.py: len(services) services",
    "layers/alertrelay/python/alertrelay/intake/slack/presses.py: len(first) alerts",
    "layers/alertrelay/python/alertrelay/notify/compose.py: count alerts",
    "layers/alertrelay/python/alertrelay/notify/flapping.py: count changes",
    "layers/alertrelay/python/alertrelay/render/notice.py: count more alerts",
    "layers/alertrelay/python/alertrelay/render/wording.py: count events",
    "layers/alertrelay/python/alertrelay/sources/alertmanager.py: len(left_out) more entries",
    "layers/alertrelay/python/alertrelay/values/text.py: len(text) characters",
}
"""The code beside these has asked for more than one."""
IN_THE_LOG = {
    "layers/alertrelay/python/alertrelay/dispatch/dispatcher.py: len(failed) alerts",
    "layers/alertrelay/python/alertrelay/runtime/forwarder.py: len(envelopes) records",
}
"""Texts of exceptions, which no message and no command shows."""
_COUNTED = re.compile(r"len\(|\bcount\b")


def _counts(path: Path) -> Iterator[str]:
    """Yields each length in an f-string that a word in the plural follows."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, after in zip(node.values, node.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                word, shown = _PLURAL.match(str(after.value)), ast.unparse(value.value)
                if word and _COUNTED.match(shown):
                    yield f"{path.relative_to(ROOT)}: {shown}{word[0]}"


def test_a_length_is_shown_with_how_many() -> None:
    found = {one for folder in SHOWN for path in sorted((ROOT / folder).rglob("*.py")) for one in _counts(path)}
    assert found - ALWAYS_SEVERAL - IN_THE_LOG == set(), "how_many(len(…), 'file') of values/text"


def test_one_is_singular() -> None:
    assert [how_many(count, "try", "tries") for count in (0, 1, 1200)] == ["0 tries", "1 try", "1,200 tries"]
    assert how_many(2, "file") == "2 files"
