"""Finds how a kind of channel is tried without a message: by a call that only reads, or one that changes nothing.

E-mail and SNS are tried by other means than HTTP, in cli/probes/mail.py and cli/probes/aws.py.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

from cli.probes.http import connect
from cli.probes.secret import Values, value_of

Probe = Callable[[Any, Values], str]
"""Takes the settings of a target and the secret's values, returns the service's answer in words. Raises NotTaken."""


def probe_of(kind: str) -> Probe:
    """Returns the probe of a kind, from its own file in cli/probes/kinds/; the host alone is tried without one."""
    name = f".kinds.{kind}"
    if find_spec(name, __package__) is None:
        return host_alone
    return cast(Probe, import_module(name, __package__).probe)


def host_alone(settings: Any, values: Values) -> str:
    """Connects to the host, where every request is a message."""
    key = getattr(settings, "webhook_url", "") or getattr(settings, "url_key", "")
    url = value_of(values, key) if key else settings.url
    auth = getattr(settings, "auth", None)
    for name in auth.keys if auth else ():
        value_of(values, name)
    return connect(url, name="the address")
