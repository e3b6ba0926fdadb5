"""Finds what authorizes a call in an address that stands in plain text. Pure."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

Held = Literal["a password", "a token", ""]
_NAMES = re.compile(r"(?:token|key|secret|sig|signature|auth|password|passwd|pwd|code)$", re.IGNORECASE)
"""How names of parameters end that hold a token: `api_key`, `integrationKey`, `sig`."""
_SHORTEST = 8
_RANDOM = re.compile(r"(?=[A-Za-z_-]*[0-9])(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{20,}")
"""A segment of a path that no person chose: letters and digits, 20 at least."""


def held_in(url: str) -> Held:
    """Return what an address holds that is a secret: a user's password, or what looks like a token."""
    parts = _parts(url)
    if parts is None:
        return ""
    if parts.username or parts.password:
        return "a password"
    named = any(_NAMES.search(name) and len(value) >= _SHORTEST for name, value in parse_qsl(parts.query))
    drawn = any(_RANDOM.fullmatch(segment) for segment in parts.path.split("/"))
    return "a token" if named or drawn else ""


def basic_auth(url: str) -> tuple[str, str, str] | None:
    """Return the user, the password and how both stand in an address (`user:password@`), as they can be written under
    `basic_auth`; None where one of the two is missing or is written with %."""
    parts = _parts(url)
    if parts is None or not parts.username or not parts.password or "%" in parts.netloc or ":" in parts.password:
        return None
    return parts.username, parts.password, f"{parts.username}:{parts.password}@"


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url) if "{{" not in url else None
    except ValueError:
        return None
