"""A handler that does nothing: what Python and Lambda's runtime client take by themselves."""

from __future__ import annotations

from typing import Any


def handler(_event: Any, _context: Any) -> None:
    """Returns at once."""
