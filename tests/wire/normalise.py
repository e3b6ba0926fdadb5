"""Replaces what differs between two runs of one version of the code, and nothing else.

Table items and queue bodies stand as they are, JSON strings within attributes too, save:
- an id that the code makes (owner of a lease, flush of a chunk, id of a notification) is `<id 1>`, `<id 2>` … in order
  of its first appearance in the document;
- the hash of the compiled configuration is `<configuration>`: a further key of the configuration may change it;
- a chunk of a ledger stands unpacked, as `zlib` with its text, since another zlib packs to other bytes;
- of a table with many alerts, the first three items of each kind (`A`, `M`) stand, and how many there are;
- the id that SNS gives to a message is `<sns>`.

A log line loses its times, place in the code and request id; what is prose (`text`, `failure`, `problem`, `detail`,
`where`) is `<words>`, since better words are no change of the wire. A latency is whole seconds. Where outcomes
are merged, each alert's own name and hashes are `<each>`: which of them stands for the notification is left to chance.
Equal lines stand once, in order of the alphabet. A metric keeps its names, dimensions and unit; values and timestamps
go.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

from tests.wire.host import ids
from tests.wire.world import Body, Items

_MADE = re.compile(r"0{12}4000[89]00[0-9a-f]{13}")
_HASH = re.compile(r"[0-9a-f]{64}")
_SNS_ID = re.compile(r'(\\?"message_id\\?": ?\\?")[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')
PROSE = frozenset({"text", "failure", "problem", "detail", "where"})
DROPPED = frozenset({"timestamp", "clock", "location", "request_id"})
SHOWN = 3
MANY = 20


@contextmanager
def numbered_ids() -> Iterator[None]:
    """Make uuid4 count, so that ids can be told from hashes."""
    with mock.patch.object(uuid, "uuid4", ids("8").__next__):
        yield


def bodies(found: Iterable[Body]) -> list[dict[str, Any]]:
    """Return the messages of queues, in order; `body` is the text as it is sent."""
    return [{"forwarder": b.forwarder, "queue": b.queue, "delay": b.delay, "body": configured(b.text)} for b in found]


def configured(text: str) -> str:
    """Return a body without the hash of the configuration."""
    return re.sub(r'"config_hash": ?"[0-9a-f]{64}"', '"config_hash":"<configuration>"', text)


def table(items: Items) -> list[Any]:
    """Return the items of a table."""
    kinds = Counter(item["pk"]["S"][0] for item in items)
    shown: list[Any] = []
    seen: Counter[str] = Counter()
    for item in items:
        kind = item["pk"]["S"][0]
        seen[kind] += 1
        if kind in "AM" and kinds[kind] > MANY and seen[kind] > SHOWN:
            continue
        shown.append({name: _attribute(name, value) for name, value in item.items()})
    shown += [f"{count} items of kind {kind}" for kind, count in sorted(kinds.items()) if kind in "AM" and count > MANY]
    return shown


def _attribute(name: str, value: Mapping[str, Any]) -> Any:
    if name == "cfg":
        assert _HASH.fullmatch(value["S"]), value
        return {"S": "<configuration>"}
    if name == "build":
        return {"S": _build(value["S"])}
    if "B" in value:
        packed = value["B"]
        raw = packed if isinstance(packed, bytes) else base64.b64decode(packed)
        return {"B": {"zlib": zlib.decompress(raw).decode()}}
    return dict(value)


def log(lines: Iterable[str]) -> tuple[list[Any], list[Any]]:
    """Return the log lines and the metrics of what functions printed."""
    said = [json.loads(line) for line in lines if line.startswith("{")]
    metrics = {_text(metric) for one in said if "_aws" in one for metric in _metrics(one)}
    found = [one for one in said if "_aws" not in one]
    many = any(one.get("outcome") == "merged" for one in found)
    events = {
        _text({name: _field(name, value, many=many) for name, value in one.items() if name not in DROPPED})
        for one in found
    }
    return [json.loads(one) for one in sorted(events)], [json.loads(one) for one in sorted(metrics)]


def _field(name: str, value: Any, *, many: bool) -> Any:
    if name in PROSE and value:
        return "<words>"
    if name == "build":
        return _build(value)
    if name == "latency_seconds":
        return round(value)
    if many and name in ("alertname", "fingerprint", "state_key"):
        return "<each>"
    return "<id>" if isinstance(value, str) and _MADE.fullmatch(value) else value


def _build(value: str) -> str:
    """Return a forwarder's build without the hash of its configuration: its version is left."""
    configuration, _, version = value.partition(" ")
    assert _HASH.fullmatch(configuration), value
    return f"<configuration> {version}"


def _metrics(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each directive of a line with the values of its own dimensions."""
    for directive in said["_aws"]["CloudWatchMetrics"]:
        (dimensions,) = directive["Dimensions"]
        for metric in directive["Metrics"]:
            yield {**directive, "Metrics": [metric], "values": {name: said[name] for name in dimensions}}


def document(value: Any) -> str:
    """Return a golden file's text: JSON, with the ids that were made replaced."""
    found: dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        return found.setdefault(match.group(), f"<id {len(found) + 1}>")

    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return _MADE.sub(numbered, _SNS_ID.sub(r"\1<sns>", text))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
