"""Asks AWS without botocore, which takes longer to import than everything else that a page waits for.

The few operations of a forwarder, under botocore's names of methods and arguments, with its answers and with errors
that have its names (aws/errors.py). Each service speaks one of AWS's protocols: JSON by target (DynamoDB, Secrets
Manager, SQS), JSON by path (SES) or forms that are answered in XML (SNS).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay import __version__
from alertrelay.aws import protocols
from alertrelay.aws.errors import (
    THROTTLED,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    Refused,
    Unanswered,
    code,
    status,
)
from alertrelay.aws.signing import Credentials, SigningScope, signed
from alertrelay.channels.transport.connection import NotConnected
from alertrelay.channels.transport.wire import BadAddress, HttpAnswer, NotAnswered, Wire

CONNECT_SECONDS = 1.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""A page of a query has 1 MB, a batch of reads 16 MB at most."""
SKEWED = timedelta(minutes=4)
"""AWS refuses a signature whose time is five minutes off: one of its answers that is further off than this shows that
our clock is wrong, whatever the code of the error."""
_PASSING = frozenset({500, 502, 503, 504})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    r"[A-Z][a-z]{2}, (?P<day>\d\d) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}) "
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) GMT"
)


class Skew:
    """How far this machine's clock is behind AWS's, as an answer showed it."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._behind = timedelta()

    def now(self) -> datetime:
        """Returns AWS's time."""
        return self._clock() + self._behind

    def learned(self, date: str) -> bool:
        """Returns whether an answer's Date header shows that our time was wrong; then the time is right from now on."""
        theirs = _read(date)
        if theirs is None:
            return False
        behind = theirs - self.now()
        if abs(behind) < SKEWED:
            return False
        self._behind += behind
        return True


def _read(date: str) -> datetime | None:
    """Returns the time of a Date header, None where it is none. AWS writes the one form that a sender may (RFC 9110,
    5.6.7); to import email.utils takes as long as a request, and each condition that does not hold is a refusal."""
    found = _DATE.fullmatch(date)
    if found is None or found["month"] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[name]) for name in ("day", "year", "hour", "minute", "second"))
    try:
        return datetime(year, _MONTHS.index(found["month"]) + 1, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What the clients of one container share. `sleep` waits before a second try."""

    wire: Wire
    credentials: Credentials
    skew: Skew = field(default_factory=Skew)
    sleep: Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectService:
    """One service in one region. `seconds` bounds the wait for an answer, `attempts` is how often a request is sent
    that was throttled, was not answered or met a failure of AWS."""

    protocol: protocols.Protocol
    way: Way
    url: str
    scope: SigningScope
    seconds: float
    attempts: int

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = self.protocol.operations.get(name)
        if operation is None:
            raise AttributeError(f"{self.scope.service} has no {name} without botocore")
        return lambda **arguments: self._ask(operation, arguments)

    def _ask(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the answer with ResponseMetadata. Raises Refused and Unanswered."""
        request = self.protocol.request(operation, arguments)
        tries = 0
        while True:
            try:
                return self._answer(operation, request, tries)
            except (Refused, Unanswered) as error:
                tries += 1
                if tries >= self.attempts or not _passing(error):
                    raise
            self.way.sleep(random.random())  # noqa: S311 - full jitter, no secret

    def _answer(self, operation: str, request: protocols.AwsRequest, tries: int) -> dict[str, Any]:
        answer = self._sent(request)
        if 400 <= answer.status < 500 and self.way.skew.learned(answer.headers.get("date", "")):
            answer = self._sent(request)  # signed anew, with the right time; once, since the second date fits
        metadata = {"HTTPStatusCode": answer.status, "RetryAttempts": tries}
        if not answer.complete:
            raise ConnectionClosedError(operation)
        if 200 <= answer.status < 300:
            return {**self.protocol.answer(answer.body), "ResponseMetadata": metadata}
        refused = self.protocol.refusal(answer.headers, answer.body)
        name = refused.code or str(answer.status)
        response = {**refused.fields, "Error": {"Code": name, "Message": refused.message}, "ResponseMetadata": metadata}
        raise Refused(response, operation)

    def _sent(self, request: protocols.AwsRequest) -> HttpAnswer:
        """Returns whatever was answered. Raises Unanswered, outside the handler: its context may hold the request."""
        scheme, _, host = self.url.partition("://")
        headers = {**request.headers, "User-Agent": f"alertrelay/{__version__}", "Accept-Encoding": "identity"}
        headers = signed(
            headers,
            request.body,
            host=host,
            path=request.path,
            credentials=self.way.credentials,
            scope=self.scope,
            at=self.way.skew.now(),
        )
        failed: Unanswered
        try:
            return self.way.wire.ask(
                f"{scheme}://{host}{request.path}",
                request.body,
                headers,
                connecting=CONNECT_SECONDS,
                seconds=CONNECT_SECONDS + self.seconds,
                most=MAX_ANSWER_BYTES,
            )
        except NotConnected as error:
            failed = (ConnectTimeoutError if error.late else EndpointConnectionError)(error.text)
        except NotAnswered as error:
            failed = (ConnectionClosedError if error.in_time else ReadTimeoutError)("no answer")
        except BadAddress:
            failed = EndpointConnectionError("the endpoint is malformed")
        raise failed


def _passing(error: Refused | Unanswered) -> bool:
    """Returns whether a second try may fare better, as botocore's standard mode sees it."""
    return isinstance(error, Unanswered) or status(error) in _PASSING or code(error) in THROTTLED
