"""Reads the environment's one secret, a JSON object of keys, from AWS Secrets Manager.

What was read is kept for each stage apart: AWSCURRENT, and AWSPREVIOUS, which may still work after a rotation.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from alertrelay.aws.budget import Budget
from alertrelay.aws.errors import code, failures, unanswered
from alertrelay.ports import Key, SecretMissing

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE_SECONDS = 300
FAILURE_SECONDS = 30.0
"""How long a failed read is not tried again: an absent Secrets Manager costs its bound once an invocation."""

Stage = Literal["AWSCURRENT", "AWSPREVIOUS"]


@dataclass(slots=True)
class _Read:
    """What is known of one stage. `keys` outlives the cache: an old key may still work when no read does."""

    keys: Mapping[str, Any] | None = None
    failure: str = ""
    failed_at: float = 0.0
    read_at: float = 0.0


@dataclass(slots=True)
class SecretKeys:
    """`client` makes or gives the client; it is called with the first read. `monotonic` counts seconds. `budget` bounds
    the waiting for it."""

    client: Callable[[], SecretsManagerClient]
    arn: str
    monotonic: Callable[[], float]
    budget: Budget
    _stages: dict[Stage, _Read] = field(default_factory=lambda: {"AWSCURRENT": _Read(), "AWSPREVIOUS": _Read()})
    _reading: threading.Lock = field(default_factory=threading.Lock)

    @property
    def at_hand(self) -> bool:
        """Returns whether the current keys need no read now."""
        return self._fresh(self._stages["AWSCURRENT"])

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

    def current(self, past_cache: bool) -> Mapping[str, object]:
        """Returns the current keys, as they stand now where `past_cache`. Raises SecretMissing."""
        return self._keys("AWSCURRENT", past_cache=past_cache)

    def read_ahead(self) -> None:
        """Reads the current keys in a thread of its own, before anybody asks for one. Who asks meanwhile waits for
        that, and the budget counts that wait alone. A failure shows where a key is asked for."""
        with self._reading:
            if not self.at_hand:
                self._fetch(self._stages["AWSCURRENT"], "AWSCURRENT", Budget(self.budget.clock))

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
        keys, values = self._keys(stage, past_cache=past_cache), []
        for one in name.split():
            value = keys.get(one)
            if not isinstance(value, str) or not value.strip():
                is_what = "lacks" if value is None else "has no text in"
                raise SecretMissing(f"the secret {self._secret_name} {is_what} the key {one}")
            values.append(value.strip())  # a line's end that came along with a copied token
        joined = "\n".join(values)
        return Key(name, joined, hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:8])

    def _keys(self, stage: Stage, *, past_cache: bool) -> Mapping[str, Any]:
        with self.budget.waiting():
            self._reading.acquire()
        try:
            return self._current_keys(stage, past_cache=past_cache)
        finally:
            self._reading.release()

    def _current_keys(self, stage: Stage, *, past_cache: bool) -> Mapping[str, Any]:
        read = self._stages[stage]
        failed = bool(read.failure) and self.monotonic() - read.failed_at < FAILURE_SECONDS
        if not failed and (past_cache or not self._fresh(read)):
            if self.budget.for_secret:
                self._fetch(read, stage, self.budget)
            elif read.keys is None:
                raise SecretMissing(f"the secret {self._secret_name} was not read: no time was left for it")
        if read.keys is None:
            raise SecretMissing(read.failure)
        return read.keys

    def _fresh(self, read: _Read) -> bool:
        return read.keys is not None and self.monotonic() - read.read_at < MAX_AGE_SECONDS

    def _fetch(self, read: _Read, stage: Stage, budget: Budget) -> None:
        try:
            found = _parsed(self._get(stage, budget))
        except failures() as error:
            read.failure = f"the secret {self._secret_name} cannot be read: {code(error)}"
        except ValueError:
            read.failure = f"the secret {self._secret_name} is not JSON: an object of keys was expected"
        else:
            if isinstance(found, Mapping):
                if stage == "AWSCURRENT" and read.keys not in (None, found):
                    self._stages["AWSPREVIOUS"] = _Read()  # a rotation moved that stage too
                read.keys, read.failure, read.read_at = found, "", self.monotonic()
                return
            read.failure = f"the secret {self._secret_name} is JSON, but no object of keys"
        read.failed_at = self.monotonic()

    def _get(self, stage: Stage, budget: Budget) -> Mapping[str, Any]:
        """Reads a stage; once more where no answer came, and time is left. Raises what the client does."""
        for last in (False, True):
            try:
                client = self.client()
                with budget.waiting():
                    return client.get_secret_value(SecretId=self.arn, VersionStage=stage)
            except failures() as error:
                if last or not unanswered(error) or not budget.for_secret:
                    raise
        raise AssertionError  # the second try returns or raises

    @property
    def _secret_name(self) -> str:
        return self.arn.rpartition(":")[2]


def _parsed(answer: Mapping[str, Any]) -> object:
    """The JSON of a secret, which was put as a text or as bytes. Raises ValueError, whose text shows nothing of it."""
    failed: ValueError
    try:
        if "SecretString" in answer:
            return json.loads(answer["SecretString"])
        binary = answer.get("SecretBinary", b"")  # our own client leaves it in base64
        return json.loads(base64.b64decode(binary) if isinstance(binary, str) else binary)
    except (ValueError, RecursionError):
        failed = ValueError("not JSON")
    raise failed  # outside the handler: the error's context holds the secret
