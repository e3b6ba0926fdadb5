"""A request that is tried more than once, at once: what is at stake is a second message to people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
TRIES = 3


def tried(request: Callable[[], T], failure: type[Exception], *, tries: int = TRIES) -> T:
    """Returns what the request returns; where it raises `failure` it is made again, `tries` times in all."""
    for _ in range(tries - 1):
        try:
            return request()
        except failure:
            continue
    return request()
