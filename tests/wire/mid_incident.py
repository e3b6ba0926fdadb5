"""Deployments in mid-incident, as commit RECORDED left them: recorded/<incident>.json, and that commit's own code.

A recording has the table, the messages that wait, the events that Lambda tries again, and what people had heard;
`then` is what they heard when the same code closed the incident. It is never recorded anew:
`python -m tests.wire.mid_incident` adds what is missing, with the commit's own code from git.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.wire import normalise
from tests.wire.host import Code, elsewhere
from tests.wire.incidents import INCIDENTS, heard
from tests.wire.world import Items, Queued, World, deployed

RECORDED = "802c9f32b9ab8f45f398b31081b886ee06479db3"
FOLDER = Path(__file__).parent / "recorded"
ROOT = Path(__file__).parents[2]
MANY = 100
"""Items above which a table stands packed."""


def checkout(to: Path) -> Path | None:
    """Write the product of commit RECORDED below `to`; None where the history lacks it, as a shallow clone's."""
    wanted = ["git", "-C", str(ROOT), "archive", RECORDED, "lambdas", "layers"]
    try:
        done = subprocess.run(wanted, capture_output=True, check=False)
    except OSError:
        return None  # there is no git
    if done.returncode:
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(to, filter="data")
    return to


def state_of(world: World) -> dict[str, Any]:
    """Return a deployment in mid-incident as JSON."""
    items = _readable(world.items())
    packed = base64.b64encode(zlib.compress(json.dumps(items).encode(), 9)).decode()
    return {
        "at": world.clock.now().isoformat(),
        **({"packed": packed} if len(items) > MANY else {"items": items}),
        "queued": [
            {"forwarder": one.forwarder, "due": one.due.isoformat(), "text": one.text} for one in world.waiting()
        ],
        "again": [[due.isoformat(), *rest] for due, *rest in world.again],
        "slack": [
            request.body["channel"]
            for request in world.standins.requests
            if request.taken and request.path == "/api/chat.postMessage"
        ],
        "heard": heard(world),
    }


def resume(world: World, state: Mapping[str, Any]) -> int:
    """Make a fresh deployment what the recorded one was; returns how many requests it has seen by then."""
    world.clock.at = datetime.fromisoformat(state["at"])
    world.put(_writable(items_of(state)))
    for channel in state["slack"]:
        world.post_to_slack(channel)
    for one in state["queued"]:
        world.enqueue(Queued(one["forwarder"], datetime.fromisoformat(one["due"]), one["text"]))
    world.again = [(datetime.fromisoformat(due), tries, name, event) for due, tries, name, event in state["again"]]
    return len(world.standins.requests)


UNREAD = frozenset({"src", "by"})
"""Attributes of an alert's item that came later: the recorded code reads items by name, and writes none of them."""


def comparable(state: Mapping[str, Any]) -> str:
    """Return what is compared of two states: normalised, and without the instant at which a message is seen again,
    the buckets of rates, which are how the limits of a version fill, and what the recorded code does not read: it
    knows no survey of alarms, and no group that sleeps. A held group is due at the end of its lease in both: the
    recorded code moved it there."""
    queued = [[one["forwarder"], one["due"], normalise.configured(one["text"])] for one in state["queued"]]
    items = [
        {name: _due(item) if name == "next_due" else value for name, value in item.items() if name not in UNREAD}
        for item in items_of(state)
        if not item["pk"]["S"].startswith(("B#", "Q#", "W#"))
    ]
    kept = {name: state[name] for name in ("at", "again", "slack", "heard")}
    return normalise.document({**kept, "queued": queued, "table": normalise.table(items)})


def _due(header: Mapping[str, Any]) -> Any:
    times = [header[name] for name in ("next_due", "lease_until") if name in header]
    return max(times, key=lambda at: int(at["N"]))


def items_of(state: Mapping[str, Any]) -> Items:
    """Return the items of a recorded table."""
    found: Items = (
        json.loads(zlib.decompress(base64.b64decode(state["packed"]))) if "packed" in state else state["items"]
    )
    return found


def recording(name: str) -> dict[str, Any]:
    """Return the recording of an incident."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def record(name: str, code: Code) -> dict[str, Any]:
    """Return an incident that `code` opened, and what people heard when it closed it."""
    incident = INCIDENTS[name]
    with deployed(code) as world:
        incident.open_(world)
        state = state_of(world)
        incident.close(world)
        return {**state, "then": heard(world)[len(state["heard"]) :]}


def _readable(items: Items) -> Items:
    return [{name: _in_base64(value) for name, value in item.items()} for item in items]


def _in_base64(value: Mapping[str, Any]) -> Mapping[str, Any]:
    packed = value.get("B")
    return {"B": base64.b64encode(packed).decode()} if isinstance(packed, bytes) else value


def _writable(items: Items) -> Items:
    return [
        {name: {"B": base64.b64decode(value["B"])} if "B" in value else value for name, value in item.items()}
        for item in items
    ]


@contextmanager
def recorded_code() -> Iterator[Code | None]:
    """Yield the code of commit RECORDED in a process of its own; None where the history does not have it."""
    with tempfile.TemporaryDirectory() as folder:
        tree = checkout(Path(folder).resolve())
        if tree is None:
            yield None
            return
        with elsewhere(tree) as code:
            yield code


def main() -> None:
    """Record the incidents that have no recording."""
    FOLDER.mkdir(exist_ok=True)
    with recorded_code() as code:
        if code is None:
            sys.exit(f"commit {RECORDED} is not in this clone: git fetch --unshallow")
        for name in INCIDENTS:
            path = FOLDER / f"{name}.json"
            if not path.exists():
                path.write_text(json.dumps(record(name, code), indent=1) + "\n", encoding="utf-8")
                sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
