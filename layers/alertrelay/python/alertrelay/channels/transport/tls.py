"""Gives one TLS context to all that opens a connection: reading a bundle of roots takes longer than a request."""

from __future__ import annotations

import functools
import ssl
from importlib.util import find_spec
from pathlib import Path


@functools.cache
def context() -> ssl.SSLContext:
    """Return the context of clients, with certifi's roots, which the layer brings. Raises OSError where they cannot be
    read."""
    return ssl.create_default_context(cafile=bundle())


def bundle() -> str:
    """Return the file of certifi's roots; importing certifi would bring importlib.resources along. Raises OSError."""
    found = find_spec("certifi")
    if found is None or not found.origin:
        raise FileNotFoundError("certifi, which brings the roots of TLS, is not installed")
    return str(Path(found.origin).with_name("cacert.pem"))
