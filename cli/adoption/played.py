"""Plays a recorded history beside what the alarms sent themselves: through one configuration, and another beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertrelay.config.model import Config
from alertrelay.values.text import how_many
from alertrelay.values.times import instant

from cli.adoption.propose import AdoptionSetting, Proposal, propose
from cli.adoption.recorded import RecordedAlarms, with_deleted
from local.backtest.before import Counts, messages_before, readers_of
from local.backtest.history import AlarmHistory, read_history
from local.backtest.outcome import Compared, by_alarm, by_channel
from local.backtest.play import RelayedAlarm, play

_AFTER = timedelta(hours=1)
"""How long the messages of an export's last change are awaited."""
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that is played."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestResult:
    """What came of it. `notes` are sentences about what is not counted, or not known."""

    window: Window
    alarms: int
    changes: int
    channels: Sequence[Compared]
    by_alarm: Sequence[Compared]
    edits: int
    notes: Sequence[str]


def window_of(recorded: RecordedAlarms, days: float | None) -> Window | None:
    """Returns the time of an export: from its first item to an hour after its last one, or the last `days` of it; None
    where it has no item."""
    times = sorted(at for item in recorded.history if (at := instant(item.get("Timestamp"))))
    if not times:
        return None
    start = times[-1] - timedelta(days=days) if days else times[0]
    return Window(start=start, end=times[-1] + _AFTER)


def play_recorded(
    recorded: RecordedAlarms,
    setting: AdoptionSetting,
    configs: Sequence[Config],
    window: Window,
    say: Callable[[str], None],
) -> BacktestResult:
    """Returns the messages before and after, of the second of `configs` beside it where there are two."""
    history = read_history(recorded.history, start=window.start, end=window.end)
    alarms = with_deleted(recorded.alarms, history.deleted, setting.region)
    # The history has names alone: where two regions have an alarm of one name, it is taken for that of ours.
    ours_last = sorted(propose(alarms, setting), key=lambda one: one.alarm.region == setting.region)
    proposals = {one.alarm.name: one for one in ours_last}
    relayed = {
        name: RelayedAlarm(fields=one.alarm.fields, tags=_tags(one), topic=one.topic)
        for name, one in proposals.items()
        if one.topic
    }
    counted = [change for change in history.changes if change.alarm in relayed]
    known = {name: one.alarm.fields for name, one in proposals.items()}
    # The readers of our own topics are functions: an alarm that is here already counts as one message a change.
    known_readers = readers_of(recorded.subscriptions)
    readers = {topic: kinds for topic, kinds in known_readers.items() if not topic.startswith(setting.topics)}
    before = messages_before(counted, known, readers)
    sent = [play(counted, relayed, config, start=window.start, end=window.end, say=say) for config in configs]
    after, against = sent[0], sent[1] if len(sent) > 1 else None
    left = messages_before([one for one in history.changes if one.alarm not in relayed], known, readers)
    return BacktestResult(
        window=window,
        alarms=len({change.alarm for change in counted}),
        changes=len(counted),
        channels=by_channel(before, after, against),
        by_alarm=by_alarm(before, after, against),
        edits=after.edits.total(),
        notes=[
            *recorded.notes,
            *history.notes,
            *_uncounted(history, proposals, relayed, left),
            *_readers(relayed, readers),
        ],
    )


def _tags(one: Proposal) -> Mapping[str, str]:
    """Returns the tags that the alarm has once it is adopted."""
    added = one.change["Tags"].after if "Tags" in one.change else {}
    return {**one.alarm.tags, **added}


def _uncounted(
    history: AlarmHistory, proposals: Mapping[str, Proposal], relayed: Mapping[str, RelayedAlarm], left: Counts
) -> list[str]:
    """Returns sentences about the alarms that count on neither side."""
    others = Counter(change.alarm for change in history.changes if change.alarm not in relayed)
    unknown = [name for name in others if name not in proposals]
    notes = []
    if kept := [name for name in others if name in proposals]:
        notes.append(
            f"{how_many(len(kept), 'alarm')} that adopt leaves alone count on neither side; they sent "
            f"{how_many(left.total(), 'message')}: {_listed(kept)}"
        )
    if unknown:
        notes.append(
            f"{how_many(len(unknown), 'alarm')} of the history that no definition is known of count on neither side "
            f"({how_many(sum(others[name] for name in unknown), 'change')}): {_listed(unknown)}"
        )
    return notes


def _readers(relayed: Mapping[str, RelayedAlarm], readers: Mapping[str, Sequence[str]]) -> list[str]:
    """Returns a sentence about the topics whose readers are not known."""
    used = {topic for one in relayed.values() for topic in one.fields.get("AlarmActions") or () if ":sns:" in topic}
    unknown = sorted(topic.rpartition(":")[2] for topic in used - set(readers) if ":alertrelay-" not in topic)
    if not unknown:
        return []
    return [
        f"nobody is known to read {_listed(unknown)}: each counts as one reader (sns); an export of "
        "`aws sns list-subscriptions` has them"
    ]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
