"""`alertrelay lsp`: the findings of `check`, hover and completion in an editor."""

from __future__ import annotations

import argparse

_DESCRIPTION = """\
Serve an editor by the language server protocol, over standard input and output: the findings of `alertrelay check` as
diagnostics, the documentation of a key on hover, and completion of keys and values, for alertmanager.yml, delivery.yml,
anomaly.yml and environments/*.yml.

Any other YAML file that the editor opens with it is taken for an Alertmanager file. Nothing is sent anywhere.
"""
_EPILOG = """\
examples:
  pip install 'alertrelay[editor]'
  vim.lsp.config('alertrelay', {cmd = {'alertrelay', 'lsp'}, filetypes = {'yaml'}})     Neovim 0.11

exit code: 0 when the editor ends it, 2 usage
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "lsp",
        help="serve an editor: diagnostics, hover and completion",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Serves until the editor ends it."""
    from cli.editor.server import make_server

    make_server().start_io()
    return 0
