"""What a message conveys to its reader: which alerts fire and which are over. By the body that a peer got."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.harness.peers import Received

TOKEN = re.compile(r"tok\d+x")
"""The name of an alert of the harness: it stands in every line about that alert."""
_GROUP = re.compile(r"receiver \S+, group (.*)")
_OVER = re.compile(r"✅|^- RESOLVED|resolved after|, resolved$|Resolved: ")
DIGEST = "storm"
_FAILED = re.compile(r"because receiver (\S+) could not be notified")
_SILENCE = re.compile(r"[Tt]he silence of|SilenceEnding")
"""A silence that ends is no news of the alert that it mutes."""
State = Literal["firing", "resolved"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """`stream`: what belongs together for a reader, an incident's key or a group. `over`: the whole of it is resolved;
    `note`: a remark about the relay, that is no news of an alert. `elsewhere`: alerts that fired in any stream and
    are resolved by this message, a digest's. `whole`: it names all that fires of the stream. `failed`: the receiver
    that could not be notified, on a fallback's message."""

    stream: str
    states: Mapping[str, State]
    over: bool
    note: bool
    elsewhere: frozenset[str] = frozenset()
    whole: bool = False
    failed: str = ""


def read(message: Received) -> Reading:
    """Returns what a reader takes from a message."""
    body = message.body
    if message.channel == "pagerduty":
        over = body["event_action"] == "resolve"
        return Reading(stream=body["dedup_key"], states=_states(_texts(body), over=over), over=over, note=_note(body))
    texts = [*_texts({key: value for key, value in body.items() if key != "html"})]
    headline = " ".join(texts[:1]) if message.channel == "slack" else str(body.get("subject", ""))
    over = "RESOLVED" in headline
    group = next((found[1] for line in reversed(texts) if (found := _GROUP.search(line))), "")
    states = _states(iter(texts), over=over)
    elsewhere = frozenset(token for token, state in states.items() if state == "resolved" and group == DIGEST)
    states = {token: state for token, state in states.items() if token not in elsewhere}
    failed = _FAILED.search(" ".join(texts))
    return Reading(
        stream=group,
        states=states,
        over=over,
        note=_note(body),
        elsewhere=elsewhere,
        whole=_whole(body),
        failed=failed[1] if failed else "",
    )


def _whole(body: Mapping[str, Any]) -> bool:
    return "AlertStorm" in str(body) and "Most: " in str(body) and "more not shown" not in str(body).split("Most: ")[1]


def _note(body: Mapping[str, Any]) -> bool:
    return "answers again" in str(body) or _SILENCE.search(str(body)) is not None


def _states(texts: Iterator[str], *, over: bool) -> dict[str, State]:
    """An alert that a message names twice is shown in full first, and listed by its state below."""
    found: dict[str, State] = {}
    for text in texts:
        if _SILENCE.search(text):
            continue
        state: State = "resolved" if over or _OVER.search(text) else "firing"
        for token in TOKEN.findall(text):
            found.setdefault(token, state)
    return found


def _texts(value: Any) -> Iterator[str]:
    """Yields every line of every text, in order."""
    if isinstance(value, str):
        yield from value.splitlines()
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
