"""`alertrelay rules`: the Prometheus rules, filled with a team's own names and numbers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.values.text import how_many

from cli.config_dir import add_config_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

_DESCRIPTION = """\
Fill the templates of Prometheus rules in rules/templates with the values of rules/parameters.yml.

The result, rules/rendered, are plain rule files: name them in `rule_files` of prometheus.yml, or deploy them to Amazon
Managed Prometheus; and a dashboard that Grafana imports. `alertrelay check` says whether the rules are sound;
docs/rules.md lists the alerts.
"""
_EPILOG = """\
examples:
  alertrelay rules init                            write rules, with the services of the environments
  alertrelay rules render                          write rules/rendered
  alertrelay rules render --check                  is rules/rendered up to date? for CI
  alertrelay rules render --parameters staging.yml --out build/rules
  promtool check rules rules/rendered/*.yml

exit code: 0 written, or up to date; 1 the templates or parameters have errors, or --check found a difference;
2 a file could not be read or written, or the folder to be written exists
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "rules",
        help="write and render the Prometheus rules",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "action", choices=("init", "render"), help="init writes a folder of your own, render fills its templates"
    )
    add_config_dir(parser)
    parser.add_argument(
        "--rules-dir", metavar="DIR", type=Path, default=Path("rules"), help="the folder of rules (default: rules)"
    )
    parser.add_argument("--parameters", metavar="F", type=Path, help="other values than DIR/parameters.yml")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where to write (default: DIR/rendered)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a file would change")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes the rendered files, or compares them; the exit code of the help."""
    if args.action == "init":
        from cli.rules_init import write_rules

        return write_rules(args.rules_dir, args.config_dir)
    from cli.report import report
    from compiler.reading.finding import Findings
    from compiler.rules.folder import RENDERED
    from compiler.rules.render import render

    findings = Findings()
    found = render(args.rules_dir, findings, parameters=args.parameters)
    for line in report(findings.sorted(), colour=False) if findings.sorted() else ():
        print(line, file=sys.stderr)
    if any(one.code == "unreadable" for one in findings.sorted()):
        return 2
    if found is None or findings.failed:
        return 1
    out = args.out or args.rules_dir / RENDERED
    if args.check:
        return _compare(out, found.texts)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in found.texts.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"alertrelay rules: {out} cannot be written: {error.strerror}; name another with --out", file=sys.stderr)
        return 2
    print(f"{how_many(len(found.texts), 'file')} in {out}")
    for stray in _strays(out, found.texts):
        print(f"{stray} has no template: remove it, or Prometheus goes on reading it")
    return 0


def _compare(out: Path, texts: Mapping[str, str]) -> int:
    changed = [name for name, text in texts.items() if _read(out / name) != text]
    for name in changed:
        print(f"{out / name} is not what its template says: run `alertrelay rules render`")
    strays = _strays(out, texts)
    for stray in strays:
        print(f"{stray} has no template: remove it")
    if not changed and not strays:
        verb = "is" if len(texts) == 1 else "are"
        print(f"{how_many(len(texts), 'file')} in {out} {verb} up to date")
    return int(bool(changed or strays))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _strays(out: Path, texts: Mapping[str, str]) -> list[Path]:
    rendered = (path for path in sorted(out.glob("*")) if path.suffix in (".yml", ".json"))
    return [path for path in rendered if path.name not in texts]
