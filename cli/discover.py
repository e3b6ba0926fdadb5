"""`alertrelay discover`: what an account or a template has to be watched, as a diff of the environment's file."""

from __future__ import annotations

import argparse
import difflib
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.config_dir import add_config_dir
from cli.files import unreadable

if TYPE_CHECKING:
    from cli.cloud import Client
    from cli.discovery.account import Unread
    from cli.discovery.environment_text import EnvironmentEntry
    from cli.discovery.item import Item
    from compiler.resources.environment import Environment

_DESCRIPTION = """\
Find the resources that can be watched, and show them as a diff of environments/NAME.yml: databases, Aurora clusters,
caches, ECS services, load balancers, queues and functions, each with its class and engine, and the labels service and
team by its tags (service, app, application; team, owner, squad). --write applies it. Every line and comment of the
file stays; listed resources are left alone.

The account is read with your AWS credentials, in the environment's region: rds:Describe*, elasticache:Describe*,
ecs:List* and ecs:Describe*, elasticloadbalancing:Describe*, sqs:ListQueues and sqs:GetQueueAttributes,
lambda:ListFunctions and lambda:ListEventSourceMappings, tag:GetResources. A service that they may
not read is named, and the others are read. With --from, AWS is not asked.
"""
_EPILOG = """\
examples:
  alertrelay discover --env prod
  alertrelay discover --env prod --tag team=orders --write
  alertrelay discover --env prod --from cdk.out/Orders.template.json
  terraform show -json | alertrelay discover --env prod --from -

exit code: 0, 1 a service could not be read (the others are shown), 2 usage, or nothing could be read
"""


class DiscoverRefused(Exception):
    """Nothing is shown or written. The text says what was expected, and the mend."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser(
        "discover",
        help="list the resources of an account that can be watched",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(parser)
    parser.add_argument("--env", metavar="NAME", required=True, help="an environment of the configuration")
    parser.add_argument(
        "--tag",
        metavar="KEY[=VALUE]",
        action="append",
        default=[],
        help="only what has this tag, or all of several",
    )
    parser.add_argument(
        "--from", dest="source", metavar="FILE", help="a CloudFormation template or `terraform show -json`; - is stdin"
    )
    parser.add_argument("--write", action="store_true", help="write the file; without it the diff is only shown")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Shows the diff on stdout, all else on stderr; the exit code of the help."""
    from cli.discovery.account import NoSelection
    from cli.discovery.environment_text import NotEditable, added, faults_of
    from cli.discovery.stated import NotStated
    from compiler.config_files import ENVIRONMENTS

    path = args.config_dir / ENVIRONMENTS / f"{args.env}.yml"
    try:
        environment, text = _environment(args.config_dir, args.env)
        found, unread = _found(args, environment)
        new, held = _new(found, environment, text)
        after = added(text, new) if new else text
    except NotEditable as error:
        return _refuse(f"{path}: {error}")
    except (DiscoverRefused, NoSelection, NotStated) as error:
        return _refuse(str(error))
    _show(path, text, after)
    for line in _notes(found, (new, held), environment, unread, whole=not args.tag and not args.source):
        _note(line)
    for fault in faults_of(after, args.env):
        _note(f"still at fault: {fault}")
    if args.write and after != text:
        _write(path, after)
        _note(f"written: {path}; next: alertrelay check --env {args.env}")
    return int(bool(unread))


def _refuse(text: str) -> int:
    _note(text)
    return 2


def _note(text: str) -> None:
    print(f"alertrelay discover: {text}", file=sys.stderr)


def _environment(folder: Path, name: str) -> tuple[Environment, str]:
    """Return the environment as it is, and the text of its file. Raises DiscoverRefused."""
    from compiler.config_files import ENVIRONMENTS, environment_fault, read_environment

    if missing := environment_fault(folder, name):
        raise DiscoverRefused(str(missing))
    environment, findings = read_environment(folder, name)
    faults = [str(finding) for finding in findings if finding.severity == "error"]
    if environment is None or faults:
        raise DiscoverRefused("\n".join(["the environment's file has to be sound first:", *faults]))
    return environment, (folder / ENVIRONMENTS / f"{name}.yml").read_bytes().decode("utf-8-sig")


def _found(args: argparse.Namespace, environment: Environment) -> tuple[Sequence[Item], Sequence[Unread]]:
    """Raises DiscoverRefused, NoSelection, NotStated."""
    from cli.discovery.stated import NotStated, stated

    wanted = _tags(args.tag)
    if args.source is None:
        return _of_account(environment.region, wanted)
    try:
        raw = sys.stdin.buffer.read() if args.source == "-" else Path(args.source).read_bytes()
        return stated(raw.decode("utf-8-sig"), wanted), ()
    except (OSError, ValueError) as error:
        raise DiscoverRefused(f"--from {unreadable(error, args.source)}") from None
    except NotStated as error:
        raise DiscoverRefused(f"--from {args.source}: {error}") from None


def _of_account(region: str, wanted: Mapping[str, str]) -> tuple[Sequence[Item], Sequence[Unread]]:
    from botocore.exceptions import BotoCoreError

    from cli.discovery.account import READERS, discover

    try:
        found, unread = discover(client_of(region), wanted)
    except BotoCoreError as error:
        raise DiscoverRefused(f"AWS cannot be asked: {type(error).__name__}: {error}") from None
    if len(unread) > len(READERS):
        raise DiscoverRefused(_nothing_read(list(dict.fromkeys(one.why for one in unread))))
    return found, unread


def _nothing_read(whys: Sequence[str]) -> str:
    from cli.cloud import NOT_OF_AWS, without_answer

    mend = "are there credentials (AWS_PROFILE), and a region?"
    if without_answer(whys):
        mend = "AWS cannot be reached: check the network, a proxy, the region and AWS_ENDPOINT_URL"
    elif NOT_OF_AWS in whys:
        mend = "is there a proxy, or AWS_ENDPOINT_URL?"
    return f"nothing could be read: {', '.join(whys)}; {mend}"


def client_of(region: str) -> Client:
    """Return patient clients: an account with thousands of queues is throttled, and then asked more slowly."""
    from cli.cloud import clients

    return clients(region, patience=10)


def _tags(words: Iterable[str]) -> dict[str, str]:
    found = {}
    for word in words:
        key, _, value = word.partition("=")
        if not key:
            raise DiscoverRefused(f"--tag {word!r}: KEY or KEY=VALUE was expected")
        found[key] = value
    return found


def _new(
    found: Sequence[Item], environment: Environment, text: str
) -> tuple[tuple[EnvironmentEntry, ...], tuple[EnvironmentEntry, ...]]:
    """Return what the file does not have yet, and what stands in it as a comment alone."""
    from cli.discovery.environment_text import block, entries

    listed = _listed(environment)
    fresh = entries(one for one in found if one.key not in listed)
    there = {line.strip() for line in text.splitlines()}
    held = {one.item.key for one in fresh if one.comment and block(one, "")[1].strip() in there}
    new = tuple(one for one in fresh if one.item.key not in held)
    return new, tuple(one for one in fresh if one.item.key in held)


def _listed(environment: Environment) -> dict[tuple[str, str, str], object]:
    from cli.discovery.item import LISTS

    return {(kind, getattr(one, "cluster", ""), one.id): one for kind in LISTS for one in getattr(environment, kind)}


def _show(path: Path, before: str, after: str) -> None:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), fromfile=str(path), tofile=str(path), lineterm=""
    )
    for line in lines:
        print(line)


def _notes(
    found: Sequence[Item],
    entries: tuple[Sequence[EnvironmentEntry], Sequence[EnvironmentEntry]],
    environment: Environment,
    unread: Sequence[Unread],
    *,
    whole: bool,
) -> list[str]:
    new, held = entries
    comments = [one for one in new if one.comment]
    lines = [f"{one.item.properties['id']} ({one.item.kind}) is only a comment: {one.comment}" for one in comments]
    lines += [f"{one.item.properties['id']} ({one.item.kind}) is still only a comment: {one.comment}" for one in held]
    lines += _changed(found, environment)
    if whole and not unread:
        keys = {one.key for one in found}
        lines += [f"{key[2]} ({key[0]}) is listed and was not found" for key in _listed(environment) if key not in keys]
    lines += [f"{one.service} could not be read: {one.why}" for one in unread]
    watched = len(new) - len(comments)
    there = len(found) - len(new) - len(held)
    listed = f", {there} listed already" if there else ""
    return [*lines, f"{len(found)} found{listed}, {watched} to add, {len(comments) + len(held)} as a comment"]


def _changed(found: Sequence[Item], environment: Environment) -> list[str]:
    """Return a line for each class or engine that is another in the file; the file is not changed there."""
    listed = _listed(environment)
    lines = []
    for one in found:
        there = listed.get(one.key)
        for key, attribute in (("class", "instance_class"), ("engine", "engine"), ("storage_gb", "storage_gb")):
            mine, theirs = getattr(there, attribute, None), one.properties.get(key)
            if there is not None and theirs is not None and mine != theirs:
                lines.append(f"{one.properties['id']} ({one.kind}): {key} is {theirs}, and {mine} in the file")
    return lines


def _write(path: Path, text: str) -> None:
    """Replace the file as a whole, so that no half of it is ever there."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
        file.write(text)
    mode = path.stat().st_mode
    Path(file.name).chmod(mode)
    Path(file.name).replace(path)
