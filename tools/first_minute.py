"""Plays what the relay is for on this machine: `make run` in about ten lines a replay, `make run-all` every line.

python -m tools.first_minute [--all]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.synth import BUILD, ROOT
from local import brief, timeline
from local.serve.day import fires, opened
from local.stack.burning import burn
from local.stack.day import DayRun, live
from local.stack.day_input import UsageError
from local.stack.history import Day
from local.stack.kept_day import keep
from tools import burst, outage, shop

ENVIRONMENT = "prod"
CRASHED = 3
"""The exit code of `alertrelay` for a crash, which says nothing about the alerts."""
KEPT = BUILD / "day"
"""Where the end of each replay is kept, by its number."""
PAGE = "rds-cpu-critical-alarm"
LOG = BUILD / "run.log"
"""The functions' log lines: `alertrelay history` and `timeline` read them."""


GRAFANA = """\
grafana:
  url: https://grafana.example.com
  token_key: grafana_token
  dashboards:
    - {{match: ['service=~"orders|checkout"'], dashboard: {dashboard}}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay. `events` are names of files in events/; `copies` of the page arrive within a minute; `metric` is the
    shop's, `budget` the error budget of tools/outage.py. `dashboard` is the uid of one that is annotated."""

    title: str
    events: tuple[str, ...] = ()
    copies: int = 0
    metric: bool = False
    budget: bool = False
    down: tuple[str, ...] = ()
    dashboard: str = ""


PAGERDUTY_DOWN = Replay(
    title="PagerDuty is down. Slack and e-mail get the page at once, PagerDuty is retried, and each gets the resolve.",
    events=(PAGE, "rds-cpu-critical-ok"),
    down=("pagerduty=503",),
)
INHIBITION = Replay(
    title="Inhibition. A service that is down explains its other alerts; one that outlasts it is notified afterwards.",
    events=("ecs-cpu-alarm", "service-down-alarm", "ecs-memory-while-down-alarm", "service-down-ok"),
)
ANOMALY = Replay(
    title="An anomaly. The evening's peak is usual; then a checkout takes four orders in ten, and that is an alert.",
    metric=True,
)
MISSION = (
    PAGERDUTY_DOWN,
    Replay(title="Grouping. Twelve databases of one service alarm within a minute: one incident.", copies=12),
    INHIBITION,
    ANOMALY,
)
ALL = (
    PAGERDUTY_DOWN,
    Replay(
        title="A usual day. Critical alerts page, others do not, and each resolve follows its alert.",
        events=(
            *("info-alarm", "info-ok", "rds-cpu-warning-alarm", PAGE, f"{PAGE}-second-topic"),
            *("rds-cpu-critical-ok", "rds-cpu-warning-ok", "slo-violation"),
        ),
    ),
    Replay(title="Grouping. Fifty databases of one service alarm within a minute: one incident.", copies=50),
    INHIBITION,
    Replay(
        title="More inhibition: by a cluster, by a count of services, and by a higher severity of the same alert.",
        events=(
            *("cluster-down", "service-down-in-its-cluster-alarm", "service-down-in-its-cluster-ok"),
            *("cluster-down-over", "multiple-services-down", "service-down-among-many-alarm"),
            *("service-down-among-many-ok", "multiple-services-down-over"),
            *("one-alert-three-severities", "one-alert-three-severities-over"),
        ),
    ),
    ANOMALY,
    Replay(
        title="An error budget that burns. Four in a hundred requests fail: a page with numbers, and the recovery.",
        budget=True,
    ),
    Replay(
        title="Grafana. An incident is a region of its dashboard, a deployment a point; no message waits for it.",
        events=("ecs-deployment-failed", PAGE, "rds-cpu-critical-ok"),
        dashboard="orders",
    ),
    Replay(
        title="Messages of others: an alarm without any metadata, and a message of Amazon Q.",
        events=("no-metadata-alarm", "no-metadata-ok", "amazonq-notification"),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0, or the exit code of `alertrelay replay` where an alert is lost, or the stack is not there."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.first_minute", description="What the relay is for, on this machine"
    )
    parser.add_argument("--all", action="store_true", help="every example, with every line")
    args = parser.parse_args(argv)
    _print(_opening(cold=not (BUILD / "replay").is_dir()))
    days, kept = list[Day](), dict[int, Path]()
    for number, replay in enumerate(ALL if args.all else MISSION, start=1):
        _print(["", f"== {number}. {replay.title}"])
        try:
            folder = KEPT / str(number)
            day = _lived(replay, folder)
        except UsageError as error:
            print(f"alertrelay: {error}", file=sys.stderr)
            return CRASHED
        _print(timeline.as_text(day) if args.all else brief.brief(day))
        days.append(day)
        if not (replay.budget or replay.dashboard):
            kept[number] = folder
    _print(["", "== All of it", *brief.verdict(days)])
    LOG.write_text("".join(day.logs for day in days), encoding="utf-8")
    _print(_closing(every=args.all))
    _print(_console(kept))
    return int(any(day.lost for day in days))


def _lived(replay: Replay, folder: Path) -> Day:
    if replay.budget:
        return burn(outage.traffic(), environment=ENVIRONMENT)
    names = [f"events/{name}.json" for name in replay.events]
    modes = []
    with contextlib.redirect_stdout(io.StringIO()):  # the makers print the names of their files
        if replay.copies:
            made = BUILD / f"burst-{replay.copies}"
            burst.main([f"events/{PAGE}.json", str(made), "--copies", str(replay.copies)])
            names += sorted(str(path) for path in made.glob("*.json"))
        if replay.metric:
            shop.main([str(BUILD / "shop")])
            names.append(str(BUILD / "shop" / "orders-placed.csv"))
            modes.append("orders-placed=alert")
    files = [(name, Path(name).read_bytes()) for name in names]
    config = _annotating(replay.dashboard) if replay.dashboard else None
    return live(
        files,
        environment=ENVIRONMENT,
        down=replay.down,
        topic=None,
        config=config,
        modes=modes,
        keep=None if config else partial(_keep, folder),  # the console opens a day by the example's configuration
    )


def _annotating(dashboard: str) -> Path:
    """Returns a copy of the example's configuration that names a Grafana, which nobody has to have."""
    folder = BUILD / "annotating"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "config", folder)
    delivery = folder / "delivery.yml"
    text = delivery.read_text(encoding="utf-8")
    delivery.write_text(f"{text}\n{GRAFANA.format(dashboard=dashboard)}", encoding="utf-8")
    return folder


def _keep(folder: Path, run: DayRun, day: Day) -> None:
    keep(run, day, folder)


def _opening(*, cold: bool) -> Iterator[str]:
    yield "== The stack that `cdk deploy` would create, on this machine: its own template, functions and queues, on an"
    yield "== emulated AWS. PagerDuty, Slack and the mail server are stand-ins. Nothing leaves this machine."
    if cold:
        yield "== The first time here, this builds the layer (its packages come from the index), and the CDK's node"
        yield "== unpacks its libraries: about half a minute. Later runs begin with the replay."


def _closing(*, every: bool) -> Iterator[str]:
    yield ""
    if kept := caches(os.environ):
        yield f"== Kept in your cache folder, outside this one: {', '.join(kept)}. `make clean` removes the rest."
    if not every:
        yield "== Next: make run-all    (every example, with every line)"
    yield "== Try:  .venv/bin/alertrelay replay events/ecs-cpu-alarm.json --down slack=timeout"
    page = "prod-rds-orders-db-RDSHighCPU-critical"
    yield f"== Look: .venv/bin/alertrelay timeline {page} --logs {LOG.relative_to(ROOT)}    (the post-mortem of 1)"
    yield "== Use:  .venv/bin/alertrelay serve    (an Alertmanager to your Prometheus and amtool, until Ctrl-C)"
    yield "== Read: docs/try-it-locally.md    events/README.md"


def _console(kept: Mapping[int, Path]) -> Iterator[str]:
    """Yields the line that opens the console on the replay with the most alerts that still fire."""
    if not kept:
        return
    firing = {number: fires(opened(folder)) for number, folder in kept.items()}
    best = max(firing, key=lambda number: (firing[number], -number))
    alerts = f"{firing[best]} alert{'s fire' if firing[best] != 1 else ' fires'}"
    folder = kept[best].relative_to(BUILD.parent)
    yield f"== Console on replay {best}, where {alerts} at its end:  .venv/bin/alertrelay serve --day {folder}"


def caches(environ: Mapping[str, str]) -> list[str]:
    """Return the folders of the user's cache that the environment and the CDK's node keep things in, as far as they are
    there: pip's and uv's downloads, and the libraries that jsii unpacked."""
    home = Path(environ.get("HOME") or Path.home())
    linux, mac = Path(environ.get("XDG_CACHE_HOME") or home / ".cache"), home / "Library" / "Caches"
    known = (
        *(linux / "pip", linux / "uv", home / ".cache" / "aws" / "jsii"),
        *(mac / "pip", mac / "com.amazonaws.jsii"),
    )
    return [str(path).replace(str(home), "~", 1) for path in known if path.is_dir()]


def _print(lines: Sequence[str] | Iterator[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
