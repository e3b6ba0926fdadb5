"""`alertrelay serve-aws`: what a function needs behind it, at fixed ports, for `sam local invoke`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.config_dir import add_config_dir

if TYPE_CHECKING:
    from local.stack.deployed import Deployed
    from local.standins import RecordedRequest, StandIns

ENVIRONMENT = "dev"
"""The one whose template declares the two variables that send a function here: sam sets only what is declared."""
HOST = "host.docker.internal"
"""What a container calls this machine."""
AWS_PORT = 4566
REGION = "eu-west-1"
ACCOUNT = "123456789012"  # of sam and of moto alike
TABLE = "alertrelay-dev-state"
SECRET = "alertrelay-dev-keys"
BUCKET = "alertrelay-dev-scorer"

_DESCRIPTION = """\
Serve an emulated AWS with the deployed dev template in it, and stand-ins for PagerDuty, Slack, webhooks and mail, until
Ctrl-C. `sam local invoke` runs a function in Docker with these behind it; events/env.json names their ports. Each
request to a stand-in is printed.
"""
_EPILOG = """\
example, in another terminal (see docs/try-it-locally.md):
  sam local invoke alertrelay-dev-slack-forwarder -t cdk.out/assembly-dev/devRelay*.template.json \\
    -e events/rds-cpu-critical-alarm.json --env-vars events/env.json

With Docker Desktop a container reaches 127.0.0.1 as host.docker.internal. Docker Engine on Linux needs
`alertrelay serve-aws --bind 172.17.0.1`, and `--add-host host.docker.internal:host-gateway` for sam.

exit code: 0 stopped by Ctrl-C, 2 a port is taken, or the template cannot be made
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "serve-aws",
        help="serve what a function under `sam local invoke` needs: AWS and the channels",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--bind", metavar="ADDRESS", default="127.0.0.1", help="listen here (default: 127.0.0.1); never all addresses"
    )
    add_config_dir(parser)
    parser.add_argument("--print-env", action="store_true", help="print what events/env.json holds, and end")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serves until SIGINT or SIGTERM; the exit code of the help."""
    if args.print_env:
        print(json.dumps(env_vars(), indent=2))
        return 0
    if args.bind in ("0.0.0.0", "::", ""):
        print("alertrelay serve-aws: --bind: one address was expected, not all of them", file=sys.stderr)
        return 2
    from local.stack.day_input import UsageError

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        with serving(args.bind, config=args.config_dir) as (_, peers):
            shown = ", ".join(f"{kind} {port}" for kind, port in fixed_ports().items())
            print(f"serving on {args.bind}: AWS {AWS_PORT}, {shown}; Ctrl-C ends")
            sys.stdout.flush()
            _show(peers, over)
    except OSError as error:
        why = f"cannot listen on {args.bind}: {error.strerror or error}"
        print(f"alertrelay serve-aws: {why}; stop what listens there, or name another --bind", file=sys.stderr)
        return 2
    except UsageError as error:
        print(f"alertrelay serve-aws: {error}", file=sys.stderr)
        return 2
    return 0


def fixed_ports() -> dict[str, int]:
    """Return the ports of the stand-ins by channel, which events/env.json names."""
    from local.standins import listening, peer

    return {kind: peer(kind).port for kind in listening()}


@contextmanager
def serving(
    host: str = "127.0.0.1",
    *,
    aws_port: int = AWS_PORT,
    ports: Mapping[str, int] | None = None,
    config: Path | None = None,
) -> Iterator[tuple[Deployed, StandIns]]:
    """The stack and its peers, listening. Raises OSError where a port is taken, UsageError without a template."""
    from local.stack.day_input import template_of
    from local.stack.deployed import deploy
    from local.stack.emulator import Emulator
    from local.standins import StandIns

    template = template_of(ENVIRONMENT, config=config)
    ports = fixed_ports() if ports is None else ports
    _free(host, [*filter(None, (aws_port, *ports.values()))])

    def now() -> datetime:
        return datetime.now(UTC)

    emulator = Emulator(region=REGION, now=now, host=host, port=aws_port, one_region=True)
    with StandIns(host=host, ports=ports) as peers, emulator:
        yield deploy(emulator, template, table=TABLE, secret=SECRET, bucket=BUCKET), peers


def env_vars(
    host: str = HOST, *, aws_port: int = AWS_PORT, ports: Mapping[str, int] | None = None
) -> dict[str, dict[str, str]]:
    """Returns the variables for `sam --env-vars`: for every function, and for each alone."""
    from alertrelay.channels import forwarders

    from local.standins import endpoints

    ports = fixed_ports() if ports is None else ports
    aws = f"http://{host}:{aws_port}"
    topics = f"arn:aws:sns:{REGION}:{ACCOUNT}:alertrelay-{ENVIRONMENT}"
    shared = {
        "AWS_ENDPOINT_URL": aws,
        "ALERTRELAY_ENDPOINTS": json.dumps(endpoints(host, ports)),
        "ALERTRELAY_TABLE": TABLE,
        "ALERTRELAY_SECRET_ARN": SECRET,
        "ALERTRELAY_ACCOUNT_ID": ACCOUNT,
        "ALERTRELAY_OPS_TOPIC_ARN": f"{topics}-ops",
        "ALERTRELAY_LAST_RESORT_TOPIC_ARN": f"{topics}-last-resort",
    }
    own: dict[str, dict[str, str]] = {}
    for name in forwarders():
        queue = f"{aws}/{ACCOUNT}/alertrelay-{ENVIRONMENT}-{name}"
        own[f"alertrelay-{ENVIRONMENT}-{name}"] = {
            "ALERTRELAY_QUEUE_URL": f"{queue}-timers",
            "ALERTRELAY_DEAD_LETTER_URL": f"{queue}-expired",
        }
    own[f"alertrelay-{ENVIRONMENT}-anomaly-scorer"] = {
        "ALERTRELAY_BUCKET": BUCKET,
        "ALERTRELAY_TOPICS": json.dumps({name: f"{topics}-{name}" for name in ("critical", "warning", "info")}),
    }
    return {"Parameters": shared, **own}


def _free(host: str, ports: list[int]) -> None:
    """Raises OSError, naming the port, where somebody listens already."""
    import socket

    for port in ports:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError as error:
                raise OSError(error.errno, f"port {port}: {error.strerror}") from None


def _show(peers: StandIns, over: threading.Event, say: Callable[[str], Any] = print) -> None:
    shown, incidents = 0, dict[str, str]()
    while not over.wait(0.2):
        for request in peers.requests[shown:]:
            say(line_of(request, incidents))
            shown += 1
        sys.stdout.flush()


UNKNOWN = "(an incident of before this start)"


def line_of(request: RecordedRequest, incidents: dict[str, str]) -> str:
    """Returns what a stand-in received, on one line. `incidents` keeps the summary of each PagerDuty incident, whose
    resolve names its key alone."""
    from local.standins import peer

    body = request.body if isinstance(request.body, dict) else {}
    what = peer(request.channel).headline(body)
    if key := str(body.get("dedup_key") or body.get("incident_key") or ""):
        action, _, summary = what.partition(": ")
        incidents[key] = summary or incidents.get(key, "")
        what = f"{action}: {incidents[key] or UNKNOWN}"
    return line(request.at, request.channel, request.answered, f"edit: {what}" if _is_edit(request) else what)


def line(at: datetime, channel: str, answered: str, what: str) -> str:
    """Returns a line for one message."""
    return f"{at:%H:%M:%S} {channel:<9} {answered:<4} {what}".rstrip()


def _is_edit(request: RecordedRequest) -> bool:
    """Returns whether it changes a message that is there: by its method, or as Slack and Telegram by its path."""
    last = request.path.rpartition("/")[2]
    return request.method in ("PUT", "PATCH") or last.endswith(".update") or last.startswith("edit")
