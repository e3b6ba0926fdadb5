"""Finds the silences that bear on an incident: those that stood during it, and may match one of its alerts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from alertrelay.alert import Labels
from alertrelay.nflog.history.decision import LoggedDecision
from alertrelay.nflog.history.episodes import Episode

Contradicts = Callable[[str, Labels], bool]
"""Whether a matcher, as it is printed, contradicts the labels that are known: policy.contradiction."""
_EQUAL = re.compile(r"""([^\s{}!=~,"/:][^\s{}!=~,"]*)="([^"\\]*)"(?=[,}])""")
"""A label in a group key that has one value: of the group, or by a matcher of its route."""


def silences_of(
    decisions: Sequence[LoggedDecision],
    incident: Sequence[Episode],
    *,
    since: datetime,
    until: datetime,
    contradicts: Contradicts,
) -> Iterator[LoggedDecision]:
    """Yields what was done, by `until`, to each silence that stood between `since` and then, in order of time.

    The log has not all labels of an alert, only its name and those in the keys of its groups: a silence that these
    contradict is left out, unless it held back a message of the incident.
    """
    held_back = {
        one.detail.partition(":")[0]
        for episode in incident
        for one in episode.decisions
        if (one.what, one.why) == ("suppressed", "silence")
    }
    known = [_labels(episode) for episode in incident]
    ends = _ends(decisions)
    shown: dict[str, bool] = {}
    for one in decisions:
        if one.at > until:
            break
        if one.what == "silenced" and not one.fingerprint:
            stood = (one.starts_at or one.at) <= until and ends[id(one)] >= since
            theirs = one.silence in held_back or any(_may_match(one, has, contradicts) for has in known)
            shown[one.silence] = stood and theirs
        if one.what in ("silenced", "silence expired") and shown.get(one.silence):
            yield one


def _ends(decisions: Sequence[LoggedDecision]) -> Mapping[int, datetime]:
    """Returns until when each silence stood as it was made or changed, by the identity of that decision."""
    ends: dict[int, datetime] = {}
    latest: dict[str, int] = {}
    for one in decisions:
        if one.what not in ("silenced", "silence expired"):
            continue
        if one.silence in latest:
            ends[latest[one.silence]] = min(ends[latest[one.silence]], one.at)
        if one.what == "silenced":
            ends[id(one)] = one.ended_at or one.at
            latest[one.silence] = id(one)
    return ends


def _labels(episode: Episode) -> Labels:
    keys = dict.fromkeys(one.group for one in episode.decisions)
    return {"alertname": episode.alert, **{found[1]: found[2] for key in keys for found in _EQUAL.finditer(key)}}


def _may_match(silence: LoggedDecision, known: Labels, contradicts: Contradicts) -> bool:
    sets = silence.matchers or ((),)
    return any(not any(contradicts(text, known) for text in together) for together in sets)
