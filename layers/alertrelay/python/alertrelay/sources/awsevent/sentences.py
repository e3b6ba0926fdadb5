"""The sentences of an event, and which of several candidates is the best for a person."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alertrelay.sources.awsevent.news import folded, is_bad, is_good, words_of
from alertrelay.values import text as texts

_LINKING_WORDS = (
    "a an and are at been by for from had has have in is it its now of on set status state than that the "
    "this to was were with please check see changed job task service run execution"
)
_LINKING = frozenset(_LINKING_WORDS.split())
_EXPECTED = re.compile(r"essential container in task exited|see (the )?logs?\b|check (complete |the )?logs?\b", re.I)
"""What stands in every failure of its kind, and names no cause."""
_CODE = re.compile(r"[A-Za-z0-9_.:-]+")
_LONGEST = 2_000


def best(candidates: Iterable[str], *, state: str = "", name: str = "", failed: bool = False) -> str:
    """Return the candidate that says most to a person, "" for none; of equals the first.

    What only repeats the state or the name comes last. Where the event is bad news, a sentence of bad news beats a
    neutral one, and a sentence of success ("report generated successfully") is none.
    """
    known = set(words_of(f"{state} {name}")) | _LINKING
    ranked = [
        (_rank(said, known, name=name, failed=failed or is_bad(state)), -place, said)
        for place, said in enumerate(texts.cut(each.strip(), _LONGEST) for each in candidates)
        if said
    ]
    if not ranked:
        return ""
    rank, _, said = max(ranked)
    return said if rank > 0 else ""


def _rank(said: str, known: set[str], *, name: str, failed: bool) -> int:
    if folded(said) == folded(name) or not set(words_of(said)) - known:
        return 0
    if failed and is_good(said):
        return 0
    generic = bool(_EXPECTED.search(said))
    single = bool(_CODE.fullmatch(said))
    if failed and is_bad(said):
        return 3 if generic else 5 if single else 6
    return 2 if generic or single else 4


def sentence(noun: str, name: str, state: str, reason: str = "") -> str:
    """Return "CodeBuild build of shop-api: failed. The reason."."""
    head = " ".join(word for word in (noun, name) if word)
    said = shown_state(state)
    reason = "" if reason in (state, name) else texts.one_line(reason, 180)
    if said and reason:
        return f"{head}: {said}. {reason}"
    return f"{head}: {said or reason}" if said or reason else head


def shown_state(state: str) -> str:
    """Return IN_PROGRESS as "in progress"; names that mix cases are kept."""
    state = texts.one_line(state, 80)
    return state.lower().replace("_", " ") if re.fullmatch(r"[A-Z_ ]+|[A-Z][a-z]+", state) else state


def outcome_word(state: str) -> str:
    """Return a state as the last word of an alertname: Failed, TimedOut; "" for what is no single word."""
    parts = re.findall(r"[A-Za-z]+", state[:200])
    return "".join(part.capitalize() if part.isupper() else part[:1].upper() + part[1:] for part in parts)[:40]


_HASH = re.compile(r"(?=[^0-9]*[0-9])[0-9a-f]{12,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_hash(name: str) -> bool:
    """Return whether a name is an id that a machine made: hexadecimal digits of 12 or more, or a UUID."""
    return bool(_HASH.fullmatch(name))
