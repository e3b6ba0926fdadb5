"""Keeps what moto makes anew for each request or subscription, though it comes out the same each time."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


@contextmanager
def made_once() -> Iterator[None]:
    """Keeps, inside it, the names of moto's services, whose folders it lists for each request (5 % of a replay's CPU),
    those of a service's operations, and the key that SNS signs with, of which it makes one a subscription (a tenth of a
    second each)."""
    import moto.backends
    import moto.core.responses
    from moto.sns.models import Subscription

    names = tuple(moto.backends.list_of_moto_modules())
    with (
        mock.patch.object(moto.backends, "list_of_moto_modules", return_value=names),
        mock.patch.object(moto.core.responses, "method_names_from_class", _operations),
        mock.patch.object(Subscription, "private_key", staticmethod(_signing_key)),
    ):
        yield


@functools.cache
def _operations(service: type) -> list[str]:
    from moto.core.utils import method_names_from_class

    return method_names_from_class(service)


@functools.cache
def _signing_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
