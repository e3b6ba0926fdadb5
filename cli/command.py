"""The `alertrelay` command: one subcommand a file, each with `add_parser` and `run`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from alertrelay import __version__

from cli import config_dir
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
    "feedback",
    "score",
    "anomaly",
    "send_test_alert",
    "serve_aws",
)
"""Modules of this room, in the order of the help. Each has `add_parser(subparsers)`, which sets `run=` to its
function `(args) -> exit code`, and imports what is slow only inside it."""


def parser() -> argparse.ArgumentParser:
    """The command line of all subcommands."""
    found = argparse.ArgumentParser(
        prog="alertrelay",
        description="A serverless alert relay for AWS. Everything here runs without an account and without network.",
    )
    found.add_argument("--version", action="version", version=f"alertrelay {__version__}")
    subparsers = found.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in SUBCOMMANDS:
        importlib.import_module(f"cli.{name}").add_parser(subparsers)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand; the exit code is its own. Usage errors exit with 2, a config dir that is none too."""
    args = parser().parse_args(argv)
    try:
        config_dir.resolve(args)
        code: int = args.run(args)
    except NoConfigFolder as fault:
        print(f"alertrelay: {fault}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `alertrelay … | head` is no fault
        sys.stderr.close()
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
