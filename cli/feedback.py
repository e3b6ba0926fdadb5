"""`alertrelay feedback`: was an alert helpful? Adaptive entries of the anomaly-scorer follow what people say."""

from __future__ import annotations

import argparse
import dataclasses
import getpass
import json
import sys
from typing import TYPE_CHECKING

from cli.config_dir import add_config_dir

if TYPE_CHECKING:
    from alertrelay.anomaly.scorer.ports import Vote
    from alertrelay.ports import Clock

    from cli.anomaly.deployed import DeployedScorer

_DESCRIPTION = """\
Record whether an alert was helpful to its readers. ALERT is its fingerprint, which stands in the message of an anomaly
and in the log, or the ARN of a CloudWatch alarm. Anomalies that were only found in shadow can be judged too
(`alertrelay anomaly status` lists them). The last answer to one firing counts.

Entries of config/anomaly.yml with `mode: adaptive` notify from a higher score on after alerts that were not helpful,
and from a lower one after alerts that were: slowly, and within bounds (docs/anomaly.md).
"""
_EPILOG = """\
examples:
  alertrelay feedback 12f671be57460cc3 helpful --env prod
  alertrelay feedback 12f671be57460cc3 not --env prod --comment "a planned campaign"

exit code: 0 stored, 1 there is no such alert, 2 usage, or AWS did not answer
"""


class NoSuchAlert(Exception):
    """Neither the table nor the scorer's journal knows it. The text says what was looked for."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "feedback",
        help="record whether an alert was helpful",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("alert", metavar="ALERT", help="a fingerprint, or an alarm's ARN")
    parser.add_argument("verdict", choices=("helpful", "not"))
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", required=True, help="an environment of the configuration")
    parser.add_argument("--by", metavar="NAME", default="", help="default: your user name")
    parser.add_argument("--comment", metavar="TEXT", default="", help="why, for later readers")
    parser.add_argument("--json", action="store_true", help="what was stored, as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Stores it; the exit code of the help."""
    from alertrelay.anomaly.scorer.ports import NotebookFailure
    from alertrelay.runtime.container import SystemClock
    from alertrelay.state import StoreFailure

    from cli import cloud
    from cli.anomaly.deployed import NoScorer, scorer_of

    clock = SystemClock()
    try:
        scorer = scorer_of(args.config_dir, args.env, clock)
        by = args.by or getpass.getuser()
        said = judge(scorer, clock, args.alert, helpful=args.verdict == "helpful", by=by, comment=args.comment)
        text = json.dumps(dataclasses.asdict(said), indent=2) if args.json else sentence(said, scorer, clock)
    except NoSuchAlert as error:
        print(f"alertrelay feedback: {error}", file=sys.stderr)
        return 1
    except (NoScorer, NotebookFailure, StoreFailure, cloud.CloudUnreadable) as error:
        print(f"alertrelay feedback: {error}", file=sys.stderr)
        return 2
    print(text)
    return 0


def judge(scorer: DeployedScorer, clock: Clock, alert: str, *, helpful: bool, by: str, comment: str) -> Vote:
    """Finds the alert and stores the word on it. Raises NoSuchAlert, NoScorer, NotebookFailure, StoreFailure."""
    vote = _about(scorer, alert)
    said = dataclasses.replace(vote, at=clock.now().timestamp(), helpful=helpful, by=by, comment=comment)
    scorer.notebook.add_vote(said)
    return said


def _about(scorer: DeployedScorer, alert: str) -> Vote:
    from alertrelay.alert import rfc3339
    from alertrelay.anomaly.scorer.ports import Vote
    from alertrelay.anomaly.scorer.publish import ANOMALY
    from alertrelay.policy.group_key import key_of

    key = key_of(alert)
    item = scorer.store.get_alerts([key]).get(key)
    if item:
        labels = item.alert.labels
        watch = labels.get("alarm_name", "") if labels.get("alertname") == ANOMALY else ""
        return Vote(
            fingerprint=item.alert.fingerprint,
            started=rfc3339(item.alert.starts_at),
            at=0.0,
            helpful=False,
            watch=watch,
            alertname=item.alert.name,
            service=labels.get("service", ""),
        )
    return _in_shadow(scorer, alert)


def _in_shadow(scorer: DeployedScorer, alert: str) -> Vote:
    from datetime import UTC, datetime

    from alertrelay.alert import rfc3339
    from alertrelay.anomaly.scorer.ports import Vote
    from alertrelay.anomaly.scorer.publish import ANOMALY

    entries = [entry for book in scorer.books() for entry in book.journal if entry.fingerprint == alert]
    if not entries:
        raise NoSuchAlert(
            f"{alert!r}: a fingerprint (16 hex digits) or an alarm's ARN of an alert of the last 30 days was expected; "
            f"alertrelay anomaly status --env {scorer.environment} lists what the scorer noticed"
        )
    last = max(entries, key=lambda entry: entry.at)
    return Vote(
        fingerprint=alert,
        started=rfc3339(datetime.fromtimestamp(last.since, UTC)),
        at=0.0,
        helpful=False,
        watch=last.watch,
        alertname=ANOMALY,
        service=last.service,
    )


def sentence(said: Vote, scorer: DeployedScorer, clock: Clock) -> str:
    """Words what was stored, and what follows from it."""
    from alertrelay.anomaly.scorer.entry_rules import rules_of
    from alertrelay.anomaly.scorer.threshold import feedback_of

    word = "helpful" if said.helpful else "not helpful"
    of = f" of {said.service}" if said.service else ""
    stored = f"stored: {said.alertname}{of}, which began {said.started}, was {word}"
    rule = rules_of(scorer.config, {}).get(said.watch)
    if rule is None:
        return stored
    now = clock.now().timestamp()
    found = feedback_of(scorer.notebook.votes(now - 90 * 86_400.0), now=now)
    judged = found[said.watch]
    before, after = rule.levels[0].score, rules_of(scorer.config, found)[said.watch].levels[0].score
    share = f"{said.watch}: {judged.helpful} of {judged.helpful + judged.not_helpful} judged helpful in 90 days"
    if rule.watch.mode != "adaptive":
        return f"{stored}\n{share}; its mode is {rule.watch.mode}, so nothing moves"
    return f"{stored}\n{share}; it notifies from {after:.4g} on (the file alone says {before:.4g})"
