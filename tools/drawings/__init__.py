"""Draws the messages of a channel for docs/messages.md: a file a kind, which states a `DRAWING`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """`about` introduces the section. `text` shows a message as text, `page` as HTML that looks about as the service
    does; `pictures` are the golden file, the height in pixels, and whether in a dark mode, by the picture's name."""

    about: str
    text: Callable[[Mapping[str, Any]], str]
    page: Callable[[Mapping[str, Any]], str]
    pictures: Mapping[str, tuple[str, int, bool]]
