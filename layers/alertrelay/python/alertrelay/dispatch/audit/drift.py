"""Compares what is deployed with what a deployment made: somebody who disables a rule or ends a subscription loses
alerts, and no alert says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SECRET_AGE = timedelta(days=365)
"""A key that was not changed for longer may end, and people who knew it may have left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedNow:
    """What AWS answers of a deployment, each as a function that raises what a client raises.

    `subscribers` are the endpoints of a topic, those that have not confirmed as ""; `enabled` says whether a rule runs;
    `config_hash` is what a function's version in use runs with; `changed` is when the secret was last changed.
    """

    subscribers: Callable[[str], Sequence[str]]
    enabled: Callable[[str], bool]
    config_hash: Callable[[str], str]
    changed: Callable[[], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a deployment made: the topics by ARN, the functions of the forwarders by name, and the hash of their
    configuration. `ops` is the topic of people."""

    topics: Sequence[str]
    ops: str
    functions: Sequence[str]
    config_hash: str


def drifts(found: DeployedNow, expected: Expected, *, now: datetime) -> Iterator[str]:
    """Yields what is not as it was deployed, in a sentence each. Raises what a client raises."""
    for topic in expected.topics:
        ends = found.subscribers(topic)
        for function in expected.functions:
            if not any(f":function:{function}:" in end for end in ends):
                yield f"{function} is not subscribed to {_name(topic)}: its alerts do not reach it"
    if not any(found.subscribers(expected.ops)):
        yield f"nobody has confirmed a subscription to {_name(expected.ops)}: the relay's own trouble is not read"
    for function in expected.functions:
        if not found.enabled(f"{function}-tick"):
            yield f"the rule {function}-tick is disabled: what is due later than within the minute is not flushed"
        if found.config_hash(function) != expected.config_hash:
            yield f"{function} runs with another configuration than the last deployment's"
    changed = found.changed()
    if changed is not None and now - changed > SECRET_AGE:
        yield f"the secret was last changed on {changed:%Y-%m-%d}: do its keys still work, and who knows them?"


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
