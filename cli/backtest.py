"""`alertrelay backtest`: what the alarms of the last weeks sent to people, and what the relay would have sent."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alertrelay.values.text import how_many

from cli.adopt import rules_in
from cli.config_dir import add_config_dir, delivery_beside
from cli.files import overwriting, unwritable
from cli.output import add_output, dumped
from cli.table import aligned

if TYPE_CHECKING:
    from alertrelay.config.model import Config

    from cli.adoption.played import BacktestResult, Window
    from cli.adoption.recorded import RecordedAlarms
    from local.backtest.outcome import Compared

_DESCRIPTION = """\
Play the history of an account's alarms through the configuration, in simulated time, and count the messages: those that
people had, each change of state to every reader of the topics that the alarm notifies; and those that the relay sends,
by its own pipeline, of the same changes. Alarms count as `alertrelay adopt` would bring them here, and as if they
notified the relay alone; those that it leaves alone count on neither side.

Nothing is sent or changed. The account is read with your credentials: cloudwatch:DescribeAlarms,
cloudwatch:DescribeAlarmHistory, tag:GetResources, sns:ListSubscriptions. --save keeps what was read. With --history no
account is read: files of what the AWS CLI prints (describe-alarms, describe-alarm-history, sns list-subscriptions), or
JSON lines of it.
"""
_EPILOG = """\
examples:
  alertrelay backtest --env prod                                  the last 14 days
  alertrelay backtest --env prod --days 28 --save month.jsonl
  alertrelay backtest --env prod --history month.jsonl --against ../main/config
                                                                  what a change changes, for a pull request

exit code: 0 shown, 1 the configuration has errors, 2 usage, a file could not be read, --history has no item of history,
or AWS did not answer
"""
_DAYS = 14.0
_LONGEST = 366.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "backtest",
        help="count the messages of the last weeks, of alarms alone and by the relay",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", required=True, help="an environment of the configuration")
    parser.add_argument("--days", metavar="N", type=_days, help=f"how far back (default: {_DAYS:g}, of files all)")
    parser.add_argument(
        "--history", metavar="FILE", type=Path, action="append", default=[], help="read this export; may be repeated"
    )
    parser.add_argument("--save", metavar="FILE", type=Path, help="keep what was read of the account, as JSON lines")
    parser.add_argument(
        "--against", metavar="OLD", type=Path, help="another alertmanager.yml, or its folder, played beside this one"
    )
    parser.add_argument("--rules", metavar="FILE", type=Path, help="as for adopt (default: adopt.yml of the folder)")
    parser.add_argument("--top", metavar="N", type=_top, default=15, help="alarms in the table (default: 15)")
    add_output(parser)
    parser.set_defaults(run=run)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days <= _LONGEST:
        raise argparse.ArgumentTypeError(f"expected a number of days up to {_LONGEST:g}, got {text!r}")
    return days


def _top(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of alarms, such as 15, got {text!r}")
    return int(text)


def _note(text: str) -> None:
    print(f"alertrelay backtest: {text}", file=sys.stderr)


def _refuse(text: str) -> int:
    _note(text)
    return 2


def run(args: argparse.Namespace) -> int:
    """Plays and counts; the exit code of the help."""
    from cli.adoption.played import play_recorded
    from cli.adoption.propose import AdoptionSetting
    from cli.adoption.recorded import NotRecorded
    from cli.adoption.sources import SourceRefused, region_of, topics_of
    from cli.cloud import CloudUnreadable
    from local.stack.progress import ProgressLine

    if fault := overwriting(args.save, (*args.history, args.rules, args.against)):
        return _refuse(fault)
    configs = [_config(path) for path in (args.config_dir, args.against) if path]
    rules = rules_in(args)
    if isinstance(rules, int) or any(isinstance(one, int) for one in configs):
        return max(one for one in (*configs, rules) if isinstance(one, int))
    say = ProgressLine("alertrelay backtest").say
    try:
        region = region_of(args)
        recorded, window = _recorded(args, region, say)
        if args.save:
            args.save.write_text("".join(f"{line}\n" for line in recorded.lines()), encoding="utf-8")
            _note(f"written: {args.save}")
    except (NotRecorded, SourceRefused, CloudUnreadable) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(unwritable(error, args.save))
    if window is None:
        return _without_history(args.history, recorded)
    account = next((alarm.arn.split(":")[4] for alarm in recorded.alarms if alarm.arn), "000000000000")
    setting = AdoptionSetting(region=region, topics=topics_of(args.env, region, account), rules=rules)
    played = play_recorded(recorded, setting, configs, window, say)  # type: ignore[arg-type] # none is a code
    if args.output == "table":
        print("\n".join(lines(played, args.top)))
        for note in played.notes:
            _note(note)
    else:
        print(dumped(_as_json(played), args.output))
    return 0


def _config(path: Path) -> Config | int:
    """Returns a configuration, or an exit code after its errors were printed."""
    from cli.report import refuse
    from compiler.config_files import ALERTMANAGER
    from compiler.load import try_out

    file = path / ALERTMANAGER if path.is_dir() else path
    loaded = try_out(file, delivery=delivery_beside(file))
    return loaded.config if loaded.config is not None else refuse(loaded.errors)


def _without_history(files: Sequence[Path], recorded: RecordedAlarms) -> int:
    for note in recorded.notes:
        _note(note)
    held = how_many(len(recorded.alarms), "alarm")
    _note(
        f"{', '.join(map(str, files))}: {held}, and no item of history with a time: "
        "`aws cloudwatch describe-alarm-history` prints them"
    )
    return 2


def _recorded(
    args: argparse.Namespace, region: str, say: Callable[[str], None]
) -> tuple[RecordedAlarms, Window | None]:
    """Returns what is played, and the time of it, None where files have no history. Raises NotRecorded,
    CloudUnreadable."""
    from cli.adoption import sources
    from cli.adoption.played import Window, window_of
    from cli.adoption.recorded import of_account, of_files

    if args.history:
        found = of_files(args.history)
        return found, window_of(found, args.days)
    end = _now()
    start = end - timedelta(days=args.days or _DAYS)
    client = sources.clients_of()(region)
    return of_account(region, client, start=start, end=end, say=say), Window(start=start, end=end)


def _now() -> datetime:
    return datetime.now(UTC)


def lines(played: BacktestResult, top: int) -> list[str]:
    """Returns the tables by channel and by alarm."""
    window = played.window
    head = (
        f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC: "
        f"{how_many(played.changes, 'change')} of state of {how_many(played.alarms, 'alarm')}"
    )
    if not played.changes:
        return [head, "no alarm changed its state: there is nothing to compare"]
    edited = f"; {how_many(played.edits, 'message')} changed in place, which rings nobody" if played.edits else ""
    shown = played.by_alarm[:top]
    more = len(played.by_alarm) - len(shown)
    return [
        head + edited,
        "",
        *aligned(_rows("CHANNEL", played.channels)),
        "",
        *aligned(_rows("ALARM", shown)),
        *([f"and {how_many(more, 'alarm')} more (--top, --json)"] if more else []),
    ]


def _rows(name: str, compared: Sequence[Compared]) -> list[tuple[str, ...]]:
    """The other configuration stands between: what is deployed, then what is proposed."""
    other = any(one.against is not None for one in compared)
    head = (name, "ALARMS ALONE", *(("AGAINST", "FEWER") if other else ()), "RELAY", "FEWER")
    rows = [head]
    for one in compared:
        between = (str(one.against), _percent(one.reduction_against, one.against or 0)) if other else ()
        rows.append((one.name, str(one.before), *between, str(one.after), _percent(one.reduction, one.after)))
    return rows


def _percent(reduction: float | None, count: int) -> str:
    if reduction is None:
        return "new" if count else "-"
    return f"{reduction:.0f} %" if reduction >= 0 else f"{-reduction:.0f} % more"


def _as_json(played: BacktestResult) -> dict[str, Any]:
    return {
        "from": played.window.start.isoformat(),
        "to": played.window.end.isoformat(),
        "alarms": played.alarms,
        "changes": played.changes,
        "edits": played.edits,
        "channels": [one.as_json() for one in played.channels],
        "by_alarm": [one.as_json() for one in played.by_alarm],
        "notes": list(played.notes),
    }
