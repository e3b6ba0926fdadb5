"""`alertrelay init`: a folder of the user's own, with a configuration that checks clean and deploys the relay alone."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.values.text import how_many

from cli import questions
from cli.exit_code import INTERRUPTED
from cli.questions import Ask, InitRefused

if TYPE_CHECKING:
    from cli.scaffold import Answers
    from compiler.reading.finding import Finding

_DESCRIPTION = """\
Write a folder of your own: alertmanager.yml, delivery.yml, anomaly.yml, an environment, a CDK app, a CI workflow and a
README. On a terminal, values without a flag are asked for. Nothing in it is invented: it watches nothing, checks
clean, and deploys the relay alone; `alertrelay discover` then lists the resources of your account.

With --alertmanager your own file is copied as it is, if it has no errors: `alertrelay check --config FILE --fix` moves
its secrets out and renews its deprecated keys before.
"""
_EPILOG = """\
examples:
  alertrelay init alerts                                       asks
  alertrelay init alerts --environment prod --region eu-west-1 --on-call-mail oncall@acme.test --slack '#alerts'
  alertrelay init alerts --environment dev --environment prod --on-call-mail oncall@acme.test --pagerduty --yes
  alertrelay init alerts --environment prod --on-call-mail oncall@acme.test --alertmanager alertmanager.yml --yes

exit code: 0 written, 1 the Alertmanager file has errors, 2 usage, or the folder cannot be written; with 1 and 2
nothing is written
"""
_HARMLESS = frozenset({".git", ".venv", "venv"})
"""What may stand in the folder before: a repository and a Python environment are made first."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "init",
        help="write a configuration of your own",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=Path(), help="default: the working folder"
    )
    parser.add_argument(
        "--environment", metavar="NAME", action="append", default=[], help="prod, for example; may be repeated"
    )
    parser.add_argument("--region", metavar="REGION", help="where the environments are deployed")
    parser.add_argument("--on-call-mail", metavar="MAIL", help="who is notified when no other channel can be reached")
    parser.add_argument("--mail-from", metavar="MAIL", help="the sender, verified in SES (default: the on-call mail)")
    parser.add_argument("--slack", metavar="CHANNEL", help="a Slack channel, such as '#alerts'")
    parser.add_argument("--teams", action="store_true", help="a Microsoft Teams channel, by its webhook")
    parser.add_argument("--pagerduty", action="store_true", help="a PagerDuty service, by its Events API v2 key")
    parser.add_argument("--alertmanager", metavar="FILE", type=Path, help="an alertmanager.yml that you have")
    parser.add_argument("--yes", action="store_true", help="ask nothing; a value without a flag gets its default")
    parser.add_argument("--json", action="store_true", help="what was written, as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes the folder, or nothing; the exit code of the help."""
    asks = not args.yes and sys.stdin.isatty()
    try:
        return create(args, ask=_asked if asks else None)
    except InitRefused as refused:
        print(f"alertrelay init: {refused}", file=sys.stderr)
        return refused.code
    except (EOFError, KeyboardInterrupt) as error:
        print("\nalertrelay init: ended before the last answer; nothing was written", file=sys.stderr)
        return 2 if isinstance(error, EOFError) else INTERRUPTED


def create(args: argparse.Namespace, *, ask: Ask | None) -> int:
    """Asks for what is missing, writes, and shows what is next. Raises InitRefused."""
    from cli.scaffold import files

    _check_empty(args.folder)
    answers = questions.answers(args, ask)
    made = files(answers)
    findings, secrets = _write(args.folder, made, answers.environments[0])
    if args.json:
        print(json.dumps(_as_json(args.folder, made, findings, secrets), indent=2))
    else:
        print("\n".join(_lines(args.folder, answers, made, findings, secrets)))
    return 0


def _asked(question: str) -> str:
    print(question, end=" ", file=sys.stderr, flush=True)
    return input()


def _check_empty(folder: Path) -> None:
    try:
        there = sorted(path.name for path in folder.iterdir() if path.name not in _HARMLESS)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise InitRefused(f"{folder}: expected a folder, and it is a file; name another") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InitRefused(f"{folder}: cannot be read: {why}; name a folder of yours, or a new one") from None
    if there:
        shown = ", ".join(there[:3]) + (", …" if len(there) > 3 else "")
        raise InitRefused(f"{folder}: an empty folder was expected, and it holds {shown}; name another, or a new one")


def _write(folder: Path, made: Mapping[str, str], environment: str) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Write into a folder beside it, check that, and only then move it; return the findings, and the keys that the
    secret has to hold after the deploy. Raises InitRefused."""
    from compiler.examine import check_folder
    from compiler.load import load

    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".alertrelay-init-", dir=folder.parent) as name:
            beside = Path(name) / folder.name
            for path, text in made.items():
                (beside / path).parent.mkdir(parents=True, exist_ok=True)
                (beside / path).write_text(text, encoding="utf-8")
            findings = check_folder(beside)
            if errors := [str(finding) for finding in findings if finding.severity == "error"]:
                raise InitRefused("\n".join(["what would be written has errors:", *errors]), 1)
            config = load(beside, environment).config
            _move(beside, folder)
    except OSError as error:
        raise InitRefused(
            f"{folder}: cannot be written: {error.strerror}; name a folder in which you may write"
        ) from None
    return findings, config.secret_keys() if config else ()


def _move(beside: Path, folder: Path) -> None:
    """Move all of it or nothing. A folder that was there stays the same folder: somebody works in it."""
    if not folder.exists():
        beside.rename(folder)
        return
    moved: list[Path] = []
    whole = False
    try:
        for path in sorted(beside.iterdir()):
            moved.append(Path(shutil.move(path, folder / path.name)))
        whole = True
    finally:  # also where somebody presses Ctrl-C
        for path in () if whole else moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _as_json(
    folder: Path, made: Mapping[str, str], findings: Sequence[Finding], secrets: Sequence[str]
) -> dict[str, object]:
    warnings = [f"{finding.code}: {finding.message}" for finding in findings if finding.severity == "warning"]
    return {"folder": str(folder), "files": sorted(made), "secret_keys": list(secrets), "warnings": warnings}


def _lines(
    folder: Path, answers: Answers, made: Mapping[str, str], findings: Sequence[Finding], secrets: Sequence[str]
) -> list[str]:
    lines = [f"written: {folder / name}" for name in sorted(made)]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    if warnings:
        lines += ["", f"`alertrelay check` finds {how_many(len(warnings), 'warning')}:"]
        lines += [f"  {finding.code}: {finding.message}" for finding in warnings]
    if any(finding.code == "deprecated-key" for finding in findings):
        lines.append("  `alertrelay check --fix` renews deprecated keys")
    go = "" if folder == Path() else f"cd {shlex.quote(str(folder))}; "
    lines += ["", f"next: {go}alertrelay check --strict", f"      alertrelay discover --env {answers.environments[0]}"]
    if secrets:
        lines.append(f"after the deploy, into the stack's secret: {', '.join(secrets)}")
    return lines
