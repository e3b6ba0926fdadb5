"""Sessions of botocore for the emulated AWS: what services are like is read once, and a slow machine is waited for."""

from __future__ import annotations

import functools
from typing import Any

import botocore.endpoint
import botocore.session
from botocore.config import Config

OURSELVES = "harness"
"""Marks the requests of this room: they are no part of what the relay sends, and no fault strikes them."""

_PATIENT = Config(connect_timeout=600, read_timeout=600)
"""A slow machine is no fault of AWS: clients of the emulator wait."""
OUR_CONFIG = _PATIENT.merge(
    # Once: a CreateStack that is tried again after its read timed out ends in AlreadyExistsException.
    Config(user_agent_extra=OURSELVES, retries={"total_max_attempts": 1, "mode": "standard"})
)


class NoPause:
    """Stands in for the module `time` where botocore waits between two tries."""

    def sleep(self, seconds: float) -> None:
        """Returns at once."""


class PatientSession(botocore.session.Session):
    """A function's: its clients keep their own number of tries, and wait as long as the emulator needs."""

    def create_client(self, *args: Any, **kwargs: Any) -> Any:
        config = kwargs.get("config")
        return super().create_client(*args, **{**kwargs, "config": config.merge(_PATIENT) if config else _PATIENT})


@functools.cache
def models() -> Any:
    """Returns the loader that keeps the services' models, one for all sessions."""
    return botocore.session.Session().get_component("data_loader")


def own_session(env_vars: Any = None) -> botocore.session.Session:
    """A new session that knows what others have read: a service's model takes a tenth of a second."""
    session = botocore.session.Session(env_vars)
    session.register_component("data_loader", models())
    return session
