"""Keeps the state of a shard between two runs, beside the scorers themselves: open anomalies, published alerts.

One object: a line with the lengths of its two parts, the book as compressed JSON, and the packed scorers. The scorers
have a version of their own (anomaly/detector/state.py): scorers of another version are learned anew, and what is open
stays open.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alertrelay.alert import Labels
from alertrelay.anomaly.detector.limit import LevelCourse
from alertrelay.anomaly.scorer.drift import Drift
from alertrelay.anomaly.scorer.lifecycle import Open
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.reporting import Presence

FORMAT = 1
"""Raise it only with a reader for the one before: what is open would be forgotten."""
_COURSE: Mapping[str, Any] = {"mean": [], "seen": [], "apart": []}
"""What earlier versions need to read the book, after a deployment was rolled back; they learn it anew."""
JOURNAL = 1_000
"""Entries of the journal, of a shard's metrics together; the oldest go."""


@dataclass(slots=True, kw_only=True)
class Track:
    """The state of one metric. `read_to` is the end of what was read of it, in seconds.

    `silent` is since when it does not report, None while it does. `said` is what its open anomaly says, or the end of
    one. `course` is how it goes towards its limit, None where it has none. `announced` are the alerts, by fingerprint,
    that were announced and have not been ended.
    """

    metric: WatchedMetric
    read_to: float
    presence: Presence
    drift: Drift
    open: Open | None = None
    silent: float | None = None
    said: Said | None = None
    course: LevelCourse | None = None
    announced: dict[str, AnnouncedAlert] = field(default_factory=dict)

    @property
    def forecast(self) -> float | None:
        """Returns since when it is forecast to reach its limit, None where it is not."""
        return self.course.since if self.course else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedAlert:
    """An alert that was announced: its end has the labels and the time of its begin, whatever the configuration says by
    then. `since` is None where nobody knows."""

    labels: Labels
    since: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words of an alert on a metric: `usual` is the range in which it was expected; `reason` explains the score;
    `deployments` are changes shortly before."""

    summary: str
    value: str = ""
    usual: str = ""
    reason: str = ""
    score: str = ""
    deployments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """Something that happened, for people: `kind` is opened, worse, ended, silent, limit_forecast,
    limit_cleared or learned_anew."""

    at: float
    kind: str
    watch: str
    metric: str
    mode: str
    text: str
    severity: str = ""
    score: float = 0.0
    value: float = 0.0
    usual: str = ""
    since: float = 0.0
    fingerprint: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An update that is to be published. `note` is what other alerts of the service say of it, None to drop that."""

    severity: str
    update: Mapping[str, Any]
    service: str
    note: Mapping[str, Any] | None


@dataclass(slots=True, kw_only=True)
class Book:
    """The state of one shard. `run` is the time of the run that wrote it, in seconds; `outbox` are its
    announcements. `lost` is when its past was found to be missing, None where it never was."""

    run: float = 0.0
    tracks: dict[str, Track] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    outbox: list[Announcement] = field(default_factory=list)
    lost: float | None = None

    def write(self, entry: JournalEntry) -> None:
        """Adds to the journal."""
        self.journal.append(entry)
        del self.journal[:-JOURNAL]


class BookUnreadable(Exception):
    """The object is damaged, or of a newer version. The text says which."""


def to_bytes(book: Book, scorers: bytes) -> bytes:
    """Returns the object."""
    content = zlib.compress(json.dumps(_plain(book), separators=(",", ":")).encode())
    head = json.dumps({"format": FORMAT, "book": len(content), "scorers": len(scorers)})
    return head.encode() + b"\n" + content + scorers


def of_bytes(content: bytes) -> tuple[Book, bytes]:
    """Returns the book, and the packed scorers. Raises BookUnreadable."""
    try:
        head, _, rest = content.partition(b"\n")
        lengths = json.loads(head)
        if lengths["format"] != FORMAT:
            raise BookUnreadable(f"format {lengths['format']}, {FORMAT} is ours")
        middle = int(lengths["book"])
        data = json.loads(zlib.decompress(rest[:middle]))
        return _book(data), rest[middle : middle + int(lengths["scorers"])]
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise BookUnreadable(f"damaged: {type(error).__name__}") from None


def _plain(book: Book) -> dict[str, Any]:
    tracks = {
        key: {
            "metric": track.metric.to_json(),
            "read_to": track.read_to,
            "presence": dataclasses.asdict(track.presence),
            "drift": dataclasses.asdict(track.drift),
            "course": _COURSE,
            "open": dataclasses.asdict(track.open) if track.open else None,
            "said": dataclasses.asdict(track.said) if track.said else None,
            "silent": track.silent,
            "limit": dataclasses.asdict(track.course) if track.course else None,
            "told": {mark: dataclasses.asdict(announced) for mark, announced in track.announced.items()},
        }
        for key, track in book.tracks.items()
    }
    return {
        "run": book.run,
        "tracks": tracks,
        "journal": [dataclasses.asdict(entry) for entry in book.journal],
        "outbox": [dataclasses.asdict(announcement) for announcement in book.outbox],
        "lost": book.lost,
    }


def _book(data: Mapping[str, Any]) -> Book:
    return Book(
        run=data["run"],
        tracks={key: _track(track) for key, track in data["tracks"].items()},
        journal=[JournalEntry(**entry) for entry in data["journal"]],
        outbox=[Announcement(**announcement) for announcement in data["outbox"]],
        lost=data["lost"],
    )


def _track(data: Mapping[str, Any]) -> Track:
    held, said = data["open"], data["said"]
    return Track(
        metric=WatchedMetric.of_json(data["metric"]),
        read_to=data["read_to"],
        presence=Presence(**data["presence"]),
        drift=Drift(**data["drift"]),
        open=Open(**{**held, "severities": tuple(held["severities"])}) if held else None,
        said=Said(**{**said, "deployments": tuple(said["deployments"])}) if said else None,
        silent=data["silent"],
        course=LevelCourse(**limit) if (limit := data.get("limit")) else None,
        announced={mark: AnnouncedAlert(**announced) for mark, announced in data["told"].items()},
    )
