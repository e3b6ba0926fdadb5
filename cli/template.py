"""`alertrelay template render`: renders a template of Alertmanager as `amtool template render` does."""

from __future__ import annotations

import argparse
import glob
import sys
from datetime import UTC, datetime
from pathlib import Path

from cli.files import unreadable

_DESCRIPTION = """\
Render a text with Alertmanager's templates, and print it: what a receiver's title or text would say.

It is parsed, checked and run as the forwarders do, within their bounds. Without --template.data a small alert of our
own is the data. Templates that Alertmanager itself defines can be called by name.
"""
_EPILOG = """\
examples:
  alertrelay template render --template.text='{{ .Status }} {{ .CommonLabels.alertname }}'
  alertrelay template render --template.glob='config/*.tmpl' --template.text='{{ template "slack.title" . }}'
  alertrelay template render --template.type=html --template.data=alert.json --template.text="$(cat mail.html)"

exit code: 0, 1 where the template is at fault or fails, 2 where a file cannot be read
"""
EXAMPLE = {
    "receiver": "receiver",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "ExampleAlert", "severity": "critical", "service": "orders"},
            "annotations": {"summary": "An alert to try templates on", "runbook_url": "https://runbooks.example.com/a"},
            "startsAt": "2026-01-02T03:04:05.678Z",
            "generatorURL": "https://prometheus.example.com/graph",
            "fingerprint": "0123456789abcdef",
        }
    ],
    "groupLabels": {"alertname": "ExampleAlert"},
    "commonLabels": {"alertname": "ExampleAlert", "severity": "critical", "service": "orders"},
    "commonAnnotations": {"summary": "An alert to try templates on", "runbook_url": "https://runbooks.example.com/a"},
    "externalURL": "",
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser("template", help="render a template of alertmanager.yml")
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    found = inner.add_parser(
        "render",
        help="render a text, as amtool does",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument(
        "--template.glob", dest="globs", metavar="PATTERN", action="append", default=[], help="files of templates"
    )
    found.add_argument("--template.text", dest="text", metavar="TEXT", required=True, help="the text to render")
    found.add_argument(
        "--template.type",
        dest="type",
        choices=("text", "html"),
        default="text",
        help="html escapes each value by its context, as in a mail",
    )
    found.add_argument(
        "--template.data", dest="data", metavar="FILE", help="JSON in the shape of Alertmanager's webhook"
    )
    found.set_defaults(run=run)


class _Fault(Exception):
    """What is wrong, as it is printed, and the exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


def run(args: argparse.Namespace) -> int:
    """Prints what comes out, and nothing besides."""
    try:
        sys.stdout.buffer.write(_rendered(args).encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()
    except _Fault as fault:
        print(f"alertrelay template render: {fault}", file=sys.stderr)
        return fault.code
    return 0


def _rendered(args: argparse.Namespace) -> str:
    from alertrelay.render.templates.budget import TemplateFailure
    from alertrelay.render.templates.execute import render
    from alertrelay.render.templates.reading import data_of

    from cli.template_data import read_data
    from compiler.templates.files import upstream_library
    from compiler.templates.syntax import TemplateSyntaxError, spot_of

    library = upstream_library()
    name, text = "the text", args.text
    try:
        for path in [path for pattern in args.globs for path in _matching(pattern)]:
            name, text = str(path), _read(path)
            library.add(path.name, text)
        name, text = "the text", args.text
        program = library.html(text) if args.type == "html" else library.text(text)
    except TemplateSyntaxError as error:
        spot = spot_of(text, error.at)
        mend = f"; {error.mend}" if error.mend else ""
        raise _Fault(f"{name}, line {spot.line}, column {spot.column}: {error.problem}{mend}", 1) from None
    try:
        data = read_data(_read(Path(args.data))) if args.data else data_of(EXAMPLE)
    except ValueError as error:
        raise _Fault(f"{args.data}: {error}", 2) from None
    try:
        return render(program, data, now=datetime.now(UTC))
    except TemplateFailure as failure:
        raise _Fault(f"{failure}; alertrelay's own text would be sent in its place", 1) from None


def _matching(pattern: str) -> list[Path]:
    found = [Path(name) for name in sorted(glob.glob(pattern))]  # noqa: PTH207
    if not found:  # amtool takes it without a word
        print(f"alertrelay template render: warning: --template.glob {pattern}: no file matches", file=sys.stderr)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _Fault(unreadable(error, path), 2) from None
