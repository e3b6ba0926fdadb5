"""The `alertrelay` command: one subcommand a file, each with `add_parser` and `run`."""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from cli import config_dir
from cli.extras import advice
from cli.version import PrintVersion
from compiler.config_folder import NoConfigFolder

SUBCOMMANDS: tuple[str, ...] = (
    "init",
    "discover",
    "normalise",
    "check",
    "route",
    "simulate",
    "replay",
    "silence",
    "pending",
    "redrive",
    "feedback",
    "score",
    "anomaly",
    "send_test_alert",
    "drill",
    "serve_aws",
    "export",
    "completion",
)
"""Modules of this room, in the order of the help. Each has `add_parser(subparsers)`, which sets `run=` to its
function `(args) -> exit code`, and imports what is slow only inside it."""


class _Parser(argparse.ArgumentParser):
    """Ends each error with the mend."""

    def error(self, message: str) -> NoReturn:
        """Prints usage and the error, and exits with 2."""
        if message.endswith("expected one argument"):
            message += ", joined by = where it begins with a hyphen"
        super().error(f"{message}; see `{self.prog} --help`")


CRASHED = 3
"""The exit code of a traceback: 1 and 2 are answers of the commands."""


def parser() -> argparse.ArgumentParser:
    """The command line of all subcommands."""
    found = _Parser(
        prog="alertrelay",
        description="A serverless alert relay for AWS. Only discover (without --from), silence, pending, redrive, "
        "feedback, send-test, drill (without --local), anomaly status and check --live ask an AWS account; everything "
        "else runs without one and without network.",
    )
    found.add_argument("--version", action=PrintVersion, help="the version, and the commit that it was made of")
    subparsers = found.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in SUBCOMMANDS:
        importlib.import_module(f".{name}", __package__).add_parser(subparsers)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code; usage errors and a bad --config-dir exit with 2, a crash with 3."""
    args = parser().parse_args(argv)
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
        traceback.print_exc()
        print(f"alertrelay: this is a defect of ours; exit code {CRASHED}", file=sys.stderr)
        return CRASHED
    return code


if __name__ == "__main__":
    sys.exit(main())
