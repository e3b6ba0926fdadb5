"""Keeps what moto makes anew for each request or subscription, though it comes out the same each time, and reads a
template as the JSON that it is."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock


@contextmanager
def made_once() -> Iterator[None]:
    """Keeps, inside it, the names of moto's services, whose folders it lists for each request (5 % of a replay's CPU),
    and the key that SNS signs with, of which it makes one a subscription (a tenth of a second each). Whether a service
    has an operation is asked of its class, of which moto lists all that it has. A template in JSON is read as such: as
    YAML, for which moto takes it, it is a third of a deployment's time."""
    import moto.backends
    import moto.core.responses
    from moto.cloudformation.models import Stack
    from moto.sns.models import Subscription

    names = tuple(moto.backends.list_of_moto_modules())
    with (
        mock.patch.object(moto.backends, "list_of_moto_modules", return_value=names),
        mock.patch.object(moto.core.responses, "method_names_from_class", _Operations),
        mock.patch.object(Stack, "parse_template", staticmethod(_reading(Stack.parse_template))),
        mock.patch.object(Subscription, "private_key", staticmethod(_signing_key)),
    ):
        yield


@dataclass(frozen=True)
class _Operations:
    """The operations that a service has at this moment, of which moto asks for one."""

    service: type

    def __contains__(self, name: str) -> bool:
        return inspect.isfunction(getattr(self.service, name, None))


def _reading(original: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    def read(template: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(template)
        except ValueError:
            return original(template)
        return found

    return read


@functools.cache
def _signing_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
