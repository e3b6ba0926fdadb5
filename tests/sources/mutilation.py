"""Damages messages in every way, for the tests and as a measurement.

`python -m tests.sources.mutilation [FOLDER]` prints what reading each damaged message takes in CPU time, by kind of
damage: the median, the 99th percentile and the worst, whose name stands behind it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alertrelay.alert import Alert
from alertrelay.sources import parse, unwrap

FOLDER = Path(__file__).parent / "faults"
NOW = datetime(2026, 6, 10, 13, 0, tzinfo=UTC)
MANY = 10_000
"""Items of a measured list or object."""
STEP = 50
"""Bytes between two cuts."""

Path_ = tuple[str | int, ...]


def files(folder: Path = FOLDER) -> list[Path]:
    """Return the files of a folder, JSON or not."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".md")


def alerts_of(event: object) -> list[Alert]:
    return [alert for envelope in unwrap(event) for alert in parse(envelope, received_at=NOW).alerts]


def opened(value: Any) -> Any:
    """A message that is JSON as JSON, so that its own fields are damaged too."""
    for record in value.get("Records", []) if isinstance(value, dict) else []:
        try:
            record["Sns"]["Message"] = json.loads(record["Sns"]["Message"], strict=False)
        except (KeyError, TypeError, ValueError):
            continue
    return value


def closed(value: Any) -> Any:
    """The inverse of `opened`: SNS's message is a text."""
    for record in value.get("Records") or [] if isinstance(value, dict) else []:
        sns = record.get("Sns") if isinstance(record, dict) else None
        if isinstance(sns, dict) and isinstance(sns.get("Message"), dict | list):
            sns["Message"] = json.dumps(sns["Message"])
    return value


def paths(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Yield where every value stands, objects and lists among them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*at, key)
        yield from paths(each, (*at, key))


def replaced(value: Any, path: Path_, by: Any) -> Any:
    if not path:
        return by
    if isinstance(value, list):
        return [replaced(each, path[1:], by) if at == path[0] else each for at, each in enumerate(value)]
    return {key: replaced(each, path[1:], by) if key == path[0] else each for key, each in value.items()}


def damaged(file: Path, by: Callable[[Any], Any]) -> Iterator[tuple[Any, str]]:
    """Yield the event of a file with each of its values replaced, and which it was; nothing where it is no JSON."""
    try:
        value = opened(json.loads(file.read_bytes(), strict=False))
    except ValueError:
        return
    for path in paths(value):
        old = value
        for key in path:
            old = old[key]
        yield closed(json.loads(json.dumps(replaced(value, path, by(old))))), f"{file.name} {path}"


def cuts(file: Path) -> Iterator[tuple[Any, str]]:
    """Yield a file cut at every 50th byte, as it is and as the message of an event of SNS."""
    content = file.read_bytes()
    for at in range(0, len(content), STEP):
        yield content[:at], f"{file.name} at {at}"
    text = json.dumps(json.loads(content, strict=False)) if file.suffix == ".json" else ""
    for at in range(0, len(text), STEP):
        yield {"Records": [{"Sns": {"Message": text[:at], "MessageId": "m"}}]}, f"{file.name} within SNS at {at}"


def nothing(_: Any) -> None:
    """Replace a value by null."""


def listed(old: Any) -> Any:
    """Return a list where a value is expected."""
    return [old, None, [old], {"x": old}]


def many(old: Any, items: int = MANY) -> Any:
    """Return an object or a list of so many items more than it had."""
    if isinstance(old, dict):
        return {**old, **{f"key{number}": number for number in range(items)}}
    return (old if isinstance(old, list) and old else [old]) * items


KINDS: dict[str, Callable[[Path], Iterator[tuple[Any, str]]]] = {
    "cut at every 50th byte": cuts,
    "null for every field": lambda file: damaged(file, nothing),
    "a list for a value": lambda file: damaged(file, listed),
    "10,000 items": lambda file: damaged(file, many),
}


SNS_MOST = 262_144
"""Bytes of a message of SNS, and what a message of EventBridge may have by a rule to SNS."""


def measured(folder: Path) -> Iterator[tuple[str, list[tuple[float, str]]]]:
    """Yield each kind of damage with the CPU time of every message, in milliseconds, and its name.

    Those of 10,000 items are two kinds: what SNS would carry, and what is only possible in a test.
    """
    for kind, damage in KINDS.items():
        times: dict[str, list[tuple[float, str]]] = {}
        for file in files(folder):
            for event, what in damage(file):
                began = time.process_time()
                found = alerts_of(event)
                took = (time.process_time() - began) * 1_000
                size = len(event) if isinstance(event, bytes) else len(json.dumps(event, ensure_ascii=False).encode())
                too_large = ", larger than SNS carries" if size > SNS_MOST else ""
                times.setdefault(kind + too_large, []).append((took, f"{what}, alerts: {len(found)}, bytes: {size:,}"))
        yield from ((name, sorted(each)) for name, each in times.items())


def main() -> None:
    """Print a line a kind of damage, and its three slowest messages."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for kind, times in measured(folder):
        middle, most = times[len(times) // 2][0], times[int(len(times) * 0.99)][0]
        figures = f"p50 {middle:.2f} ms, p99 {most:.2f} ms, p100 {times[-1][0]:.2f} ms"
        sys.stdout.write(f"{kind}: {len(times):,} messages, {figures}\n")
        for took, what in times[:-4:-1]:
            sys.stdout.write(f"    {took:8.2f} ms  {what}\n")


if __name__ == "__main__":
    main()
