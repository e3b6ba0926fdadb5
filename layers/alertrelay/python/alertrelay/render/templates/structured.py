"""Reads values out of rendered texts: a template gives text, and a program may want a number or an object.

Source: prometheus/alertmanager template/template.go, DeepCopyWithTemplate, with #5304 (what was read is not read again)
and #5098 (a number in quotes is a text). That one reads YAML, so it makes a mapping of the text `Disk: full` and
nothing of an empty one (docs/adr/0044); here only what is JSON is a value, and JSON with a comma too many behind the
last entry, which templates of lists leave there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_TEXT_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])')


def valued(given: Any) -> Any:
    """Returns a rendered value in which each text that is JSON stands as what that says."""
    if isinstance(given, str):
        return _value(given)
    if isinstance(given, Mapping):
        return {name: valued(one) for name, one in given.items()}
    return [valued(one) for one in given] if isinstance(given, list | tuple) else given


def _value(text: str) -> Any:
    whole = text.strip()
    forms = [whole]
    if whole[:1] in ("{", "["):
        forms.append(_TEXT_OR_COMMA.sub(lambda found: "" if found[0] == "," else found[0], whole))
    for form in forms:
        try:
            return json.loads(form, parse_constant=_no_json)
        except (ValueError, RecursionError):
            continue
    return text


def _no_json(word: str) -> Any:
    raise ValueError(word)
