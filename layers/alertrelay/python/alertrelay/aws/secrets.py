"""Reads the environment's one secret, a JSON object of keys, from AWS Secrets Manager.

Read through Powertools' parameters provider, whose cache goes by name without the stage: hence one provider for
AWSCURRENT and one for AWSPREVIOUS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from alertrelay.aws.errors import code
from alertrelay.ports import Key, SecretMissing

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE_SECONDS = 300
FAILURE_SECONDS = 30.0
"""How long a failed read is not tried again: an absent Secrets Manager costs its bound once an invocation."""

Stage = Literal["AWSCURRENT", "AWSPREVIOUS"]


@dataclass(slots=True)
class _Read:
    """What is known of one stage. `keys` outlives the cache: an old key may still work when no read does."""

    provider: SecretsProvider | None = None
    keys: Mapping[str, Any] | None = None
    failure: str = ""
    failed_at: float = 0.0


@dataclass(slots=True)
class SecretKeys:
    """`client` makes or gives the client; it is called with the first read. `monotonic` counts seconds."""

    client: Callable[[], SecretsManagerClient]
    arn: str
    monotonic: Callable[[], float]
    _stages: dict[Stage, _Read] = field(default_factory=lambda: {"AWSCURRENT": _Read(), "AWSPREVIOUS": _Read()})

    def versions(self, name: str, *, prefer: str = "") -> Iterator[Key]:
        """See ports.Secrets. Lazy throughout: nothing is read, and SecretMissing is not raised, before the first
        version is asked for; asking for the next one says that the last was refused."""
        given: set[str] = set()
        trouble = ""
        for read in self._order(name, prefer):
            try:
                key = read()
            except SecretMissing as error:
                trouble = trouble or str(error)
                continue
            if key.version not in given:
                given.add(key.version)
                yield key
        if not given:
            raise SecretMissing(trouble)

    def _order(self, name: str, prefer: str) -> Iterator[Callable[[], Key]]:
        def cached() -> Key:
            return self._key(name, "AWSCURRENT")

        def anew() -> Key:
            return self._key(name, "AWSCURRENT", past_cache=True)

        def previous() -> Key:
            return self._key(name, "AWSPREVIOUS")

        if prefer and self._is(cached, prefer) is False and self._is(previous, prefer):
            yield previous
        yield cached
        yield anew
        yield previous

    def _is(self, read: Callable[[], Key], version: str) -> bool:
        try:
            return read().version == version
        except SecretMissing:
            return False

    def _key(self, name: str, stage: Stage, *, past_cache: bool = False) -> Key:
        value = self._keys(stage, past_cache=past_cache).get(name)
        if not isinstance(value, str) or not value.strip():
            is_what = "lacks" if value is None else "has no text in"
            raise SecretMissing(f"the secret {self._secret_name} {is_what} the key {name}")
        value = value.strip()  # a line's end that came along with a copied token
        return Key(name, value, hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8])

    def _keys(self, stage: Stage, *, past_cache: bool) -> Mapping[str, Any]:
        read = self._stages[stage]
        if not (read.failure and self.monotonic() - read.failed_at < FAILURE_SECONDS):
            self._fetch(read, stage, past_cache=past_cache)
        if read.keys is None:
            raise SecretMissing(read.failure)
        return read.keys

    def _fetch(self, read: _Read, stage: Stage, *, past_cache: bool) -> None:
        # Slow to import (it brings boto3), and a receiver without a key never needs it.
        from aws_lambda_powertools.utilities.parameters import SecretsProvider
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError

        try:
            if read.provider is None:
                read.provider = SecretsProvider(boto3_client=self.client())
            found = read.provider.get(
                self.arn, max_age=MAX_AGE_SECONDS, transform="json", force_fetch=past_cache, VersionStage=stage
            )
            if isinstance(found, Mapping):
                if stage == "AWSCURRENT" and read.keys not in (None, found):
                    self._stages["AWSPREVIOUS"] = _Read()  # a rotation moved that stage too
                read.keys, read.failure = found, ""
                return
            read.failure = f"the secret {self._secret_name} is JSON, but no object of keys"
        except (TransformParameterError, UnicodeDecodeError):
            read.failure = f"the secret {self._secret_name} is not JSON: an object of keys was expected"
        except GetParameterError as error:
            cause = error.__context__
            why = code(cause) if isinstance(cause, ClientError | BotoCoreError) else type(cause).__name__
            read.failure = f"the secret {self._secret_name} cannot be read: {why}"
        except BotoCoreError as error:
            read.failure = f"the secret {self._secret_name} cannot be read: {code(error)}"
        read.failed_at = self.monotonic()

    @property
    def _secret_name(self) -> str:
        return self.arn.rpartition(":")[2]
