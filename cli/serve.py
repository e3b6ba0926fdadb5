"""`alertrelay serve`: the intake and the whole relay on loopback, until Ctrl-C."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.config_dir import add_config_dir
from cli.serve_input import doubts, keys_of, make_folder, own_file, tcp_port, tokens_of

if TYPE_CHECKING:
    from alertrelay.channels.transport.connection import Network
    from alertrelay.config.model import Config

    from local.serve.day import KeptDay
    from local.standins import RecordedRequest, StandIns

PORT = 9093
"""Alertmanager's."""
TOKEN_FILE, LOG_FILE = "tokens.json", "alertrelay.log"
NOT_PLAYED = "grafana and automation of delivery.yml do nothing here: `alertrelay replay` shows what would be annotated"
_DESCRIPTION = """\
Serve the HTTPS intake and the whole relay on loopback until Ctrl-C: a Prometheus, an Alertmanager or amtool talks to it
as to an Alertmanager. Each message to a channel is printed with its answer (-: AWS, which is not here).
Without --secrets the channels are stand-ins.
"""
_EPILOG = """\
examples:
  alertrelay serve                            # the example's configuration, stand-ins, nothing is kept
  alertrelay serve --data ~/.alertrelay --port 9093
  alertrelay serve --day .build/day/3         # the end of a day that was played: its alerts in the console
  alertrelay serve --secrets keys.json        # real receivers: {"pagerduty_key": "…", "slack_bot_token": "…", …}

With --data alerts, silences, groups and the token survive a restart; the file is of one process at a time.
What a forwarder would log stands in alertrelay.log of that folder. docs/intake.md has the lines of each client.

exit code: 0 stopped by Ctrl-C, 2 the port is taken, or the configuration or the data cannot be read
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "serve",
        help="serve the intake and the whole relay on this machine",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port", metavar="N", type=tcp_port, default=PORT, help=f"listen here (default: {PORT}; 0: any)"
    )
    parser.add_argument("--data", metavar="DIR", type=Path, help="keep state here (default: nowhere)")
    parser.add_argument(
        "--day", metavar="DIR", type=Path, help="open the end of a day that `alertrelay replay --keep DIR` kept"
    )
    parser.add_argument("--env", metavar="NAME", help="the environment of the configuration (default: the first)")
    parser.add_argument("--secrets", metavar="FILE", type=Path, help="JSON of the channels' keys: send for real")
    add_config_dir(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serves until SIGINT or SIGTERM; the exit code of the help."""
    from local.serve.database import UnreadableData
    from local.serve.day import copied

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        with ExitStack() as entered:
            data = args.data or Path(entered.enter_context(tempfile.TemporaryDirectory()))
            make_folder(data)
            day = _day_of(args)
            if day:
                copied(day, data)
            environment, begins = (day.environment, day.ended) if day else (args.env, None)
            served = entered.enter_context(
                serving(args.config_dir, environment, data, args.secrets, port=args.port, begins=begins)
            )
            served.say(_greeting(served, data if args.data else None, args.day))
            while not over.wait(0.2):
                served.show()
    except (OSError, ValueError, UnreadableData) as error:
        print(f"alertrelay serve: {_explained(error, args.port)}", file=sys.stderr)
        return 2
    return 0


def _day_of(args: argparse.Namespace) -> KeptDay | None:
    """Raises ValueError: a day is opened as it ended each time, by stand-ins alone."""
    from local.serve.day import opened

    if not args.day:
        return None
    for name in ("data", "secrets", "env"):
        if getattr(args, name):
            raise ValueError(f"--day takes no --{name}: a day is opened as it ended, in its own environment")
    return opened(args.day)


class Served:
    """The relay as it runs: its `url`, its `token`, and what its channels received."""

    def __init__(
        self, port: int, token: str, received: Callable[[], tuple[RecordedRequest, ...]], say: Callable[[str], Any]
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.token = token
        self.received = received
        self.say = say
        self.pressed: dict[str, str] = {}  # where people press at the stand-ins, by channel
        self._shown = 0
        self._incidents: dict[str, str] = {}

    def show(self) -> None:
        """Prints what arrived at the stand-ins since the last call."""
        from cli.serve_aws import line_of

        for request in self.received()[self._shown :]:
            self.say(line_of(request, self._incidents))
            self._shown += 1


@contextmanager
def serving(
    folder: Path, environment: str | None, data: Path, keys: Path | None, *, port: int, begins: datetime | None = None
) -> Iterator[Served]:
    """The relay of a configuration, listening; its clock `begins` then, or is this machine's. Raises OSError where the
    port is taken, ValueError where a file cannot be read, UnreadableData."""
    from alertrelay.runtime.container import SystemClock

    from compiler.original import without_secrets
    from local.serve.database import DataFile, Rows
    from local.serve.day import ClockOfDay
    from local.serve.http import IntakeServer
    from local.serve.pressable import with_buttons
    from local.serve.relay import LocalRelay, Outside
    from local.standins import StandIns
    from local.standins.pressing import App

    config = _configuration(folder, environment)
    if keys is None:
        config = with_buttons(config)
    original = without_secrets((folder / "alertmanager.yml").read_text(encoding="utf-8"))
    out = sys.stdout

    def say(text: str) -> None:
        print(text, file=out, flush=True)

    with ExitStack() as entered:
        log = entered.enter_context(own_file(data / LOG_FILE).open("a", encoding="utf-8", buffering=1))
        peers = None if keys else entered.enter_context(StandIns())
        tokens = tokens_of(data / TOKEN_FILE)
        signed_by = _signing_keys()
        signing = {key: secrets.token_hex(16) for key in signed_by.values()}
        secret = {**signing, **tokens, **_keys_given(keys, config, tuple(signing))}
        network = _network(peers, say)
        database = entered.enter_context(DataFile(data))
        for kind in signed_by:
            if peers and kind in config.kinds():
                peers.keep(kind, Rows(database, f"{kind}/incidents"))
                entered.callback(peers.keep, kind, {})  # before the file is closed
        entered.enter_context(redirect_stdout(log))
        server = IntakeServer(lambda event: relay.handle(event), port=port)
        console = f"http://127.0.0.1:{server.port}/console"
        outside = Outside(secret=secret, network=network, console=console, log=data / LOG_FILE, peers=peers)
        clock = ClockOfDay(begins) if begins else SystemClock()
        relay = LocalRelay(config, original, database, outside, clock=clock, say=say)
        entered.enter_context(server)
        worker = threading.Thread(target=relay.run)
        worker.start()
        entered.callback(worker.join)
        entered.callback(relay.stop)
        received = (lambda: peers.requests) if peers else (lambda: ())
        served = Served(server.port, tokens["intake_admin_token"], received, say)
        for channel, key in signed_by.items():
            if peers and channel in config.kinds():
                app = App(url=served.url, secret=secret[key], now=lambda: clock.now().timestamp())
                served.pressed[channel] = peers.connect(channel, app)
        yield served


def _signing_keys() -> dict[str, str]:
    """Returns the name of the key by which each channel's requests to us are signed."""
    from local.standins import listening, peer

    return {kind: key for kind in listening() if (key := peer(kind).signed_by)}


def _keys_given(keys: Path | None, config: Config, signing: Sequence[str]) -> Mapping[str, str]:
    """Returns the channels' keys of a file, or keys that are none. Prints what is doubtful about them."""
    from alertrelay.intake.tokens import KEYS

    from local.stack.shipped import fake_secrets

    given = keys_of(keys) if keys else fake_secrets(config)
    found = doubts(given, config.secret_keys(), (*KEYS.values(), *signing)) if keys else ()
    for doubt in (*(f"{keys} {one}" for one in found), *([NOT_PLAYED] if config.accompanied else [])):
        print(f"alertrelay serve: warning: {doubt}", file=sys.stderr)
    return given


def _network(peers: StandIns | None, say: Callable[[str], Any]) -> Network:
    """Returns the way to the stand-ins, or to the real channels where there are none."""
    from alertrelay.channels.transport.connection import Network

    return Network(
        endpoints=peers.endpoints if peers else {},
        sns=lambda request, _: _print_for_aws(say, "sns", request),
        ses=lambda request: _print_for_aws(say, "email", request),
    )


def _configuration(folder: Path, environment: str | None) -> Config:
    from compiler.config_files import environment_fault, environments
    from compiler.load import load

    names = list(environments(folder))
    if not names:
        raise ValueError(f"{folder / 'environments'}: at least one environment was expected, NAME.yml")
    if environment and (fault := environment_fault(folder, environment)):
        raise ValueError(str(fault))
    loaded = load(folder, environment or names[0])
    if loaded.config is None or any(finding.severity == "error" for finding in loaded.findings):
        errors = "\n".join(str(finding) for finding in loaded.findings if finding.severity == "error")
        raise ValueError(f"the configuration has errors:\n{errors}")
    return loaded.config


def _print_for_aws(say: Callable[[str], Any], channel: str, request: Mapping[str, Any]) -> str:
    """There is no AWS here: what would go to it is printed, with - for its answer."""
    from cli.serve_aws import line
    from local.standins import peer
    from local.standins.email import sent_by_ses

    if channel == "email":
        what = str(sent_by_ses(request).body["subject"])
    else:
        what = peer(channel).headline({"subject": request.get("Subject"), "message": request.get("Message", "")})
    say(line(datetime.now(UTC), channel, "-", what.partition("\n")[0][:200]))
    return "local"


def _greeting(served: Served, data: Path | None, day: Path | None) -> str:
    address = f"http://me:{served.token}@127.0.0.1:{served.port}"
    kept = f"state in {data}" if data else "nothing is kept: --data DIR keeps it"
    kept = f"the day of {day} as it ended; what is done there is not kept" if day else kept
    return f"""\
serving on {served.url}; {kept}; Ctrl-C ends
token       {served.token}
console     {served.url}/console
{"".join(map(_presses, served.pressed.items()))}\
try         amtool --alertmanager.url={address} alert add TryIt service=orders severity=critical
            amtool --alertmanager.url={address} alert query
prometheus  alerting: {{alertmanagers: [{{authorization: {{credentials: {served.token}}}, static_configs: \
[{{targets: ["127.0.0.1:{served.port}"]}}]}}]}}"""


def _presses(pressed: tuple[str, str]) -> str:
    """Returns the lines about a stand-in at which people press."""
    from local.standins import peer

    channel, address = pressed
    lines = [line.format(address) for line in peer(channel).presses]
    return "".join(f"{'' if number else channel:12}{line}\n" for number, line in enumerate(lines))


def _explained(error: Exception, port: int) -> str:
    if isinstance(error, OSError) and error.errno in (48, 98):
        return f"port {port} is taken: stop what listens there, or name another --port"
    return str(error)
