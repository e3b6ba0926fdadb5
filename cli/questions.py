"""The answers of `alertrelay init`: by flags, and on a terminal by questions, asked until they are right."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from cli.scaffold import Answers

Ask = Callable[[str], str]
T = TypeVar("T")
_SLACK = re.compile(r"#[^\s#@,:;!?\"'`<>|]{1,80}|[CDGU][A-Z0-9]{8,}")


class InitRefused(Exception):
    """Nothing was written. The text says what was expected, what came, and the mend; `code` is the exit code."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


def answers(args: argparse.Namespace, ask: Ask | None) -> Answers:
    """Returns the user's choices. Raises InitRefused for a flag that is wrong; a wrong answer is asked for again."""
    from cli.scaffold import Answers

    if ask is None and not args.environment and not args.yes:
        raise InitRefused("there is no terminal to ask on: --environment NAME and --on-call-mail MAIL were expected")
    environments = (
        _environments("--environment ", args.environment)
        if args.environment
        else _asked(ask, "Environments, with commas [prod]:", lambda text: _environments("", _split(text or "prod")))
    )
    region = (
        _region("--region ", args.region)
        if args.region is not None
        else _asked(ask, "Region, such as eu-west-1 [of the credentials]:", lambda text: _region("", text))
    )
    if args.on_call_mail is None and ask is None:
        raise InitRefused("--on-call-mail MAIL was expected: the last resort needs somebody")
    mail = (
        _mail("--on-call-mail ", args.on_call_mail)
        if args.on_call_mail is not None
        else _asked(ask, "On-call mail:", lambda text: _mail("", text))
    )
    sender = mail if args.mail_from is None else _mail("--mail-from ", args.mail_from)
    own = _own_file(args.alertmanager)
    slack = _slack("--slack ", args.slack) if args.slack is not None else ""
    teams, pagerduty = args.teams, args.pagerduty
    if own is not None and (slack or teams or pagerduty):
        raise InitRefused("--alertmanager FILE names its own channels: leave out --slack, --teams and --pagerduty")
    if ask is not None and own is None and not (slack or teams or pagerduty):
        slack = _asked(ask, "Slack channel, such as #alerts [none]:", lambda text: _slack("", text) if text else "")
        teams = _asked(ask, "Microsoft Teams? [no]:", _yes)
        pagerduty = _asked(ask, "PagerDuty? [no]:", _yes)
    return Answers(
        environments=environments,
        region=region,
        on_call_mail=mail,
        mail_from=sender,
        slack=slack,
        teams=teams,
        pagerduty=pagerduty,
        alertmanager=own,
    )


def _asked(ask: Ask | None, question: str, read: Callable[[str], T]) -> T:
    """Asks until the answer is right; without a terminal it is empty."""
    while ask is not None:
        try:
            return read(ask(question).strip())
        except InitRefused as refused:
            print(f"  {refused}", file=sys.stderr)
    return read("")


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _environments(flag: str, names: list[str]) -> tuple[str, ...]:
    from compiler.config_files import is_environment_name

    for name in names:
        if not is_environment_name(name):
            raise InitRefused(
                f"{flag}{name!r}: small letters, digits and hyphens were expected, a letter first, 31 at most: "
                "it becomes part of names in AWS"
            )
        if names.count(name) > 1:
            raise InitRefused(f"{flag}{name}: is defined twice; name each environment once")
    return tuple(names)


def _region(flag: str, region: str) -> str:
    from compiler.reading.regions import region_fault

    if region and (fault := region_fault(region)):
        raise InitRefused(f"{flag}{region!r} {fault}")
    return region


def _mail(flag: str, mail: str) -> str:
    from compiler.reading.formats import is_email_address

    if not is_email_address(mail) or not mail.isprintable():
        raise InitRefused(f"{flag}{mail!r}: an e-mail address was expected, as in oncall@acme.test")
    return mail


def _slack(flag: str, channel: str) -> str:
    """Returns a channel by its name or its id. Source: docs.slack.dev, chat.postMessage, "channel"."""
    if channel.isprintable() and _SLACK.fullmatch(channel):
        return channel
    name = channel.strip().lstrip("#").strip().lower()
    meant = f"; did you mean '#{name}'?" if _SLACK.fullmatch(f"#{name}") else ""
    raise InitRefused(f"{flag}{channel!r}: a channel was expected, such as '#alerts', or its id{meant}")


def _yes(text: str) -> bool:
    word = text.lower()
    if word not in ("", "y", "yes", "n", "no"):
        raise InitRefused(f"{text!r}: yes or no was expected")
    return word in ("y", "yes")


def _own_file(path: Path | None) -> str | None:
    """Return the text of a file without errors. Raises InitRefused, with every error in it."""
    if path is None:
        return None
    from cli.report import report
    from compiler.examine import examine

    errors = [finding for finding in examine(alertmanager=path, delivery=None) if finding.severity == "error"]
    errors = [one for one in errors if not (one.code == "missing-key" and "smarthost" in one.message)]
    if errors:
        unreadable = any(error.code == "unreadable" for error in errors)
        lines = report(errors)
        if any(error.code == "inline-secret" for error in errors):
            lines.append(
                f"first: alertrelay check --config {shlex.quote(str(path))} --fix    moves the secrets out of it"
            )
        what = "\n".join([f"--alertmanager {path} has errors, so nothing was written", *lines])
        raise InitRefused(what, 2 if unreadable else 1)
    return path.read_text(encoding="utf-8-sig")
