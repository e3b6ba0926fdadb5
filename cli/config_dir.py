"""The option `--config-dir`, which every command that reads the configuration has."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from compiler.config_folder import FLAG, VARIABLE, config_folder

HELP = f"the folder of the configuration (default: {VARIABLE}, else config/, else the working folder)"


def add_config_dir(parser: argparse.ArgumentParser) -> None:
    """Adds the option. `resolve` gives its value before the command runs."""
    parser.add_argument(FLAG, metavar="FOLDER", type=Path, help=HELP)


def resolve(args: argparse.Namespace) -> None:
    """Puts the folder to use into `args.config_dir`, where the command has the option. Raises NoConfigFolder."""
    if hasattr(args, "config_dir"):
        args.config_dir = config_folder(args.config_dir, os.environ)


def delivery_beside(alertmanager: Path) -> Path | None:
    """Return delivery.yml in the folder of an Alertmanager file, None where there is none: it holds the mail transport,
    without which the file of an alertrelay folder may be incomplete."""
    from compiler.config_files import DELIVERY

    path = alertmanager.parent / DELIVERY
    return path if path.exists() else None
