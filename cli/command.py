"""The `alertrelay` command: one subcommand a file, each with `add_parser` and `run`."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from cli import config_dir
from cli.exit_code import CRASHED, INTERRUPTED
from cli.extras import advice
from cli.version import PrintVersion
from compiler.config_folder import NoConfigFolder

SUBCOMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("init", "write a configuration of your own"),
    "discover": ("discover", "list the resources of an account that can be watched"),
    "adopt": ("adopt", "bring the alarms that an account has to the relay, by a reviewed plan"),
    "backtest": ("backtest", "count the messages of the last weeks, of alarms alone and by the relay"),
    "normalise": ("normalise", "show the alerts that payloads become"),
    "template": ("template", "render a template of alertmanager.yml"),
    "check": ("check", "check the configuration"),
    "route": ("route", "show who is notified of an alert with these labels"),
    "simulate": ("simulate", "show what a configuration would send over a timeline of alerts"),
    "replay": ("replay", "send events through the whole stack on this machine"),
    "silence": ("silence", "mute alerts for a time; list and expire silences"),
    "pending": ("pending", "list what is not yet delivered"),
    "redrive": ("redrive", "show and send again what lies in the dead-letter queues"),
    "reconcile": ("reconcile", "compare CloudWatch's alarms with the open alerts"),
    "history": ("history", "list what was decided about alerts, and why"),
    "timeline": ("timeline", "print an incident in order of time, for its post-mortem"),
    "audit": ("audit", "show how alarms were received, and how noisy ones become quieter"),
    "feedback": ("feedback", "record whether an alert was helpful"),
    "score": ("score", "score metrics for anomalies"),
    "anomaly": ("anomaly", "judge the anomaly-scorer: what it found, or would find"),
    "send_test_alert": ("send-test", "send a marked test alert through a deployed environment"),
    "drill": ("drill", "send marked test alerts through the relay, and check what became of them"),
    "serve": ("serve", "serve the intake and the whole relay on this machine"),
    "serve_aws": ("serve-aws", "serve what a function under `sam local invoke` needs: AWS and the channels"),
    "rules": ("rules", "write and render the Prometheus rules"),
    "cost": ("cost", "show what a month of an environment costs"),
    "export": ("export", "write the environment as templates of another tool"),
    "lsp": ("lsp", "serve an editor: diagnostics, hover and completion"),
    "completion": ("completion", "print the completion script of a shell"),
}
"""Modules of this room, in the order of the help, each with its command and its line there. Each has
`add_parser(subparsers)`, which sets `run=` to its function `(args) -> exit code`, and imports what is slow only inside
it."""


_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")
_WORD = re.compile(r"[\w.-]+")


class _Parser(argparse.ArgumentParser):
    """Ends each error with the mend."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuses what the command does not know with its own usage: argparse would print that of `alertrelay`."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            from compiler.reading.finding import nearest

            options = {option.lstrip("-"): option for option in self._option_string_actions}
            words = (word.partition("=")[0].lstrip("-") for word in unknown if word.startswith("-"))
            near = next(filter(None, (nearest(word, options) for word in words)), "")
            mend = f"; did you mean {options[near]}?" if near else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{mend}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Prints usage and the error, and exits with 2."""
        if message.endswith("expected one argument"):
            message += ", joined by = where it begins with a hyphen"
        if chosen := _CHOICE.search(message):
            from compiler.reading.finding import nearest

            near = nearest(chosen[1], _WORD.findall(chosen[2]))
            message += f"; did you mean {near!r}?" if near else ""
        super().error(f"{message}; see `{self.prog} --help`")


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """The command line of all subcommands. With `only` the others stand in the help alone, and their modules are not
    imported, which would take longer than most commands run."""
    found = _Parser(
        prog="alertrelay",
        description="A serverless alert relay for AWS. Only discover and adopt (without --from), backtest (without "
        "--history), silence, pending, redrive, reconcile, history, timeline and audit (without --logs), feedback, "
        "send-test, drill (without --local), anomaly status and check --live ask an AWS account; everything else runs "
        "without one and without network.",
    )
    found.add_argument("--version", action=PrintVersion, help="the version, and the commit that it was made of")
    subparsers = found.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module, (command, line) in SUBCOMMANDS.items():
        if only in (None, command):
            importlib.import_module(f".{module}", __package__).add_parser(subparsers)
        else:
            subparsers.add_parser(command, help=line)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code; usage errors and a bad --config-dir exit with 2, a crash with 3,
    Ctrl-C with 130."""
    words = sys.argv[1:] if argv is None else argv
    command = next((word for word in words if not word.startswith("-")), "")
    try:
        return _run(parser(command).parse_args(words))
    except KeyboardInterrupt:
        print(f"alertrelay {command}: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(args: argparse.Namespace) -> int:
    try:
        config_dir.resolve(args)
        code: int = args.run(args)
    except ModuleNotFoundError as fault:
        if (mend := advice(fault.name)) is None:
            raise
        print(f"alertrelay: {mend}", file=sys.stderr)
        return 2
    except NoConfigFolder as fault:
        print(f"alertrelay: {fault}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `alertrelay … | head` is no fault
        sys.stderr.close()
        return 0
    except Exception:  # noqa: BLE001 - Python's own exit code would be 1, which commands give a meaning
        import traceback

        traceback.print_exc()
        print(f"alertrelay: this is a defect of ours; exit code {CRASHED}", file=sys.stderr)
        return CRASHED
    return code


if __name__ == "__main__":
    sys.exit(main())
