"""`alertrelay completion`: the completion script of a shell, by shtab."""

from __future__ import annotations

import argparse

SHELLS = ("bash", "zsh")
_EPILOG = """\
examples:
  source <(alertrelay completion bash)                                     this shell
  alertrelay completion bash > ~/.local/share/bash-completion/completions/alertrelay
  alertrelay completion zsh > "${fpath[1]}/_alertrelay"

exit code: 0, 2 usage
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "completion",
        help="print the completion script of a shell",
        description="Print a script that completes commands and options in bash or zsh.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=" or ".join(SHELLS))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the script; the exit code of the help."""
    import shtab

    from cli.command import parser

    print(shtab.complete(parser(), shell=args.shell))
    return 0
