"""Many alarms out of one: the same event for other instances of the same service, within a minute.

python -m tools.burst EVENT FOLDER [--copies 50] [--instance orders-db]

All of them are one group (same service, cluster and environment), as when a network fails and every database of a
service alarms at once. Prints the files' names.
"""

from __future__ import annotations

import argparse
import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alertrelay.alert import rfc3339

WITHIN = timedelta(minutes=1)


def burst(event: dict[str, Any], *, copies: int, instance: str) -> Iterator[dict[str, Any]]:
    """`event` is a Lambda event of SNS with a CloudWatch alarm about `instance`, a name that each copy gets anew."""
    for number in range(copies):
        copy = json.loads(json.dumps(event))
        message = copy["Records"][0]["Sns"]
        later = WITHIN * number / copies
        text = message["Message"].replace(instance, f"{instance}-{number + 1:02d}")
        alarm = json.loads(text)
        changed = datetime.fromisoformat(alarm["StateChangeTime"]) + later
        alarm["StateChangeTime"] = f"{changed:%Y-%m-%dT%H:%M:%S}.{changed.microsecond // 1000:03d}+0000"
        message["Message"] = json.dumps(alarm)
        message["MessageId"] = str(uuid.uuid5(uuid.NAMESPACE_OID, text))
        message["Timestamp"] = rfc3339(datetime.fromisoformat(message["Timestamp"]) + later)
        yield copy


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the files."""
    parser = argparse.ArgumentParser(prog="python -m tools.burst", description="Many alarms out of one")
    parser.add_argument("event", metavar="EVENT", type=Path)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--copies", type=int, default=50)
    parser.add_argument("--instance", default="orders-db", help="what each copy has another name of")
    args = parser.parse_args(argv)
    args.folder.mkdir(parents=True, exist_ok=True)
    event = json.loads(args.event.read_text(encoding="utf-8"))
    for number, copy in enumerate(burst(event, copies=args.copies, instance=args.instance), start=1):
        path = args.folder / f"{args.event.stem}-{number:02d}.json"
        path.write_text(json.dumps(copy, indent=2) + "\n", encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
