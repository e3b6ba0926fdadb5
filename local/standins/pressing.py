"""Lets people press something at a stand-in, which posts it to the app that it knows."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The app that a service knows: the intake's address, the secret that requests to it are signed by, and its
    time."""

    url: str
    secret: str
    now: Callable[[], float] = time.time


class NotPressed(ValueError):
    """Raised for a press that no person could make; the text says what there is."""


def form_of(body: bytes) -> dict[str, str]:
    """Returns the fields of a form."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> tuple[int, str]:
    """Posts to the intake. Returns the status, 0 where no answer came, and both in words."""
    request = urllib.request.Request(url, data=body, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return response.status, f"the intake answered {response.status}"
    except urllib.error.HTTPError as error:
        return error.code, f"the intake answered {error.code}"
    except OSError as error:
        return 0, f"the intake did not answer: {type(error).__name__}"
