"""What holds for the message of any channel. What each service accepts is in tests/channels/<kind>/example.py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from alertrelay.notification import Message

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def utf16(text: str) -> int:
    """Length as a service counts that counts most."""
    return len(text.encode("utf-16-le")) // 2


def strings(value: Any) -> Iterator[str]:
    """Every text of a JSON value, names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from strings(name)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def check_json(message: Message) -> None:
    """Plain JSON in valid Unicode, without control characters."""
    assert json.loads(json.dumps(message).encode()) == message
    for text in strings(message):
        text.encode("utf-8")


def check_clean(message: Message) -> None:
    for text in strings(message):
        assert not CONTROLS.search(text)


def check_address(href: str) -> None:
    assert href.isascii()
    assert not re.search(r'[\s<>"|`]', href)
    parts = urlsplit(href)
    assert parts.scheme.lower() in ("http", "https")
    assert parts.netloc
