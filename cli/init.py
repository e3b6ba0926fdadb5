"""`alertrelay init`: a folder of the user's own, with a configuration that checks clean and deploys the relay alone."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.scaffold import Answers
    from compiler.reading.finding import Finding

_DESCRIPTION = """\
Write a folder of your own: alertmanager.yml, delivery.yml, anomaly.yml, an environment, a CDK app, a CI workflow and a
README. On a terminal, values without a flag are asked for. Nothing in it is invented: it watches nothing, checks
clean, and deploys the relay alone; `alertrelay discover` then lists the resources of your account.

With --alertmanager your own file is copied as it is, if it has no errors.
"""
_EPILOG = """\
examples:
  alertrelay init alerts                                       asks
  alertrelay init alerts --environment prod --region eu-west-1 --on-call-mail oncall@acme.test --slack '#alerts'
  alertrelay init alerts --environment dev --environment prod --on-call-mail oncall@acme.test --pagerduty --yes
  alertrelay init alerts --environment prod --on-call-mail oncall@acme.test --alertmanager alertmanager.yml --yes

exit code: 0 written, 1 the Alertmanager file has errors, 2 usage, or the folder cannot be written; then nothing is
"""
_HARMLESS = frozenset({".git", ".venv", "venv"})
"""What may stand in the folder before: a repository and a Python environment are made first."""

Ask = Callable[[str], str]


class InitRefused(Exception):
    """Nothing was written. The text says what was expected, what came, and the mend; `code` is the exit code."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


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
    parser.add_argument("--yes", action="store_true", help="ask nothing: what no flag names gets its default")
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
    except (EOFError, KeyboardInterrupt):
        print("\nalertrelay init: ended before the last answer; nothing was written", file=sys.stderr)
        return 2


def create(args: argparse.Namespace, *, ask: Ask | None) -> int:
    """Asks for what is missing, writes, and shows what is next. Raises Refused."""
    from cli.scaffold import files, secret_keys

    _check_empty(args.folder)
    answers = _answers(args, ask)
    made = files(answers)
    findings = _write(args.folder, made)
    secrets = secret_keys(answers)
    if args.json:
        print(json.dumps(_as_json(args.folder, made, findings, secrets), indent=2))
    else:
        print("\n".join(_lines(args.folder, answers, made, findings, secrets)))
    return 0


def _asked(question: str) -> str:
    print(question, end=" ", file=sys.stderr, flush=True)
    return input()


def _answers(args: argparse.Namespace, ask: Ask | None) -> Answers:
    from cli.scaffold import Answers

    environments = tuple(args.environment) or _several(ask, "Environments, with commas [prod]:", "prod")
    if ask is None and not args.environment and not args.yes:
        raise InitRefused("there is no terminal to ask on: --environment NAME and --on-call-mail MAIL were expected")
    _check_names(environments)
    region = args.region if args.region is not None else _one(ask, "Region, such as eu-west-1 [of the credentials]:")
    _check_region(region)
    mail = args.on_call_mail if args.on_call_mail is not None else _one(ask, "On-call mail:")
    if not mail:
        raise InitRefused("--on-call-mail MAIL was expected: the last resort needs somebody")
    own = _own_file(args.alertmanager)
    slack, teams, pagerduty = args.slack or "", args.teams, args.pagerduty
    if ask is not None and own is None and not (slack or teams or pagerduty):
        slack = _one(ask, "Slack channel, such as #alerts [none]:")
        teams = _yes(ask, "Microsoft Teams? [no]:")
        pagerduty = _yes(ask, "PagerDuty? [no]:")
    if own is not None and (slack or teams or pagerduty):
        raise InitRefused("--alertmanager FILE names its own channels: leave out --slack, --teams and --pagerduty")
    if not slack.isprintable():
        raise InitRefused(f"--slack {slack!r}: the name of a channel was expected, such as '#alerts'")
    for flag, value in (("--on-call-mail", mail), ("--mail-from", args.mail_from or mail)):
        _check_mail(flag, value)
    return Answers(
        environments=environments,
        region=region,
        on_call_mail=mail,
        mail_from=args.mail_from or mail,
        slack=slack,
        teams=teams,
        pagerduty=pagerduty,
        alertmanager=own,
    )


def _one(ask: Ask | None, question: str) -> str:
    return ask(question).strip() if ask else ""


def _several(ask: Ask | None, question: str, default: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in (_one(ask, question) or default).split(","))


def _yes(ask: Ask, question: str) -> bool:
    return ask(question).strip().lower() in ("y", "yes")


def _check_names(names: Sequence[str]) -> None:
    from compiler.load import is_environment_name

    for name in names:
        if not is_environment_name(name):
            raise InitRefused(
                f"--environment {name!r}: small letters, digits and hyphens were expected, a letter first, 31 at most: "
                "it becomes part of names in AWS"
            )
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise InitRefused(f"--environment {twice}: stands twice; name each environment once")


def _check_region(region: str) -> None:
    from compiler.reading.regions import region_fault

    if region and (fault := region_fault(region)):
        raise InitRefused(f"--region {region!r} {fault}")


def _check_mail(flag: str, mail: str) -> None:
    from compiler.reading.formats import is_email_address

    if not is_email_address(mail) or not mail.isprintable():
        raise InitRefused(f"{flag} {mail!r}: an e-mail address was expected")


def _own_file(path: Path | None) -> str | None:
    """Return the text of a file without errors. Raises Refused, with every error in it."""
    if path is None:
        return None
    from cli.check import report
    from compiler.load import examine

    errors = [finding for finding in examine(alertmanager=path, delivery=None) if finding.severity == "error"]
    errors = [one for one in errors if not (one.code == "missing-key" and "smarthost" in one.message)]
    if errors:
        unreadable = any(error.code == "unreadable" for error in errors)
        lines = "\n".join(report(errors))
        raise InitRefused(f"--alertmanager {path} has errors, so nothing was written\n{lines}", 2 if unreadable else 1)
    return path.read_text(encoding="utf-8-sig")


def _check_empty(folder: Path) -> None:
    try:
        there = sorted(path.name for path in folder.iterdir() if path.name not in _HARMLESS)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise InitRefused(f"{folder}: a folder was expected, this is a file; name another") from None
    except (OSError, ValueError) as error:
        raise InitRefused(f"{folder}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if there:
        shown = ", ".join(there[:3]) + (", …" if len(there) > 3 else "")
        raise InitRefused(f"{folder}: an empty folder was expected, this holds {shown}; name another, or a new one")


def _write(folder: Path, made: Mapping[str, str]) -> tuple[Finding, ...]:
    """Write into a folder beside it, check that, and only then move it; return the findings. Raises Refused."""
    from compiler.load import check_folder

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
            _move(beside, folder)
    except OSError as error:
        raise InitRefused(f"{error.filename or folder}: cannot be written: {error.strerror}") from None
    return findings


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
        lines += ["", f"`alertrelay check` has {len(warnings)} to decide:"]
        lines += [f"  {finding.code}: {finding.message}" for finding in warnings]
    go = "" if folder == Path() else f"cd {shlex.quote(str(folder))}; "
    lines += ["", f"next: {go}alertrelay check --strict", f"      alertrelay discover --env {answers.environments[0]}"]
    if secrets:
        lines.append(f"after the deploy, into the stack's secret: {', '.join(secrets)}")
    return lines
