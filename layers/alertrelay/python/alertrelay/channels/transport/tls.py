"""Gives one TLS context to all that opens a connection: reading a bundle of roots takes longer than a request."""

from __future__ import annotations

import functools
import os
import ssl
import threading
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).with_name("roots")
"""The same roots as certifi's, each in a file by the hash of its name, of which OpenSSL reads those that it needs. The
build of the layer writes it (infra/roots.py); elsewhere it is absent."""


_MAKING = threading.Lock()


def context() -> ssl.SSLContext:
    """Return the context of clients, with certifi's roots, which the layer brings: the same in all threads. Raises
    OSError where they cannot be read."""
    with _MAKING:
        return _context()


@functools.cache
def _context() -> ssl.SSLContext:
    return trusting(FOLDER)


def trusting(folder: Path) -> ssl.SSLContext:
    """Return a context with the roots of a folder, with certifi's bundle where the folder is missing or cannot be read.
    Raises OSError."""
    if _readable(folder):
        return ssl.create_default_context(capath=str(folder))
    return ssl.create_default_context(cafile=bundle())


def _readable(folder: Path) -> bool:
    """Returns whether the folder has roots that can be read: OpenSSL itself would find none, and say nothing."""
    try:
        with os.scandir(folder) as found:
            return os.access(next(found).path, os.R_OK)
    except (OSError, StopIteration):
        return False


def bundle() -> str:
    """Return the file of certifi's roots; importing certifi would bring importlib.resources along. Raises OSError."""
    found = find_spec("certifi")
    if found is None or not found.origin:
        raise FileNotFoundError("certifi, which brings the roots of TLS, is not installed")
    return str(Path(found.origin).with_name("cacert.pem"))
