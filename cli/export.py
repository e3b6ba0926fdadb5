"""`alertrelay export sam`: the environment as templates for the sam command, with their assets beside them."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.config_dir import add_config_dir
from cli.files import unwritable

MARK = "# Written by `alertrelay export sam`; the next export writes it anew."
TEMPLATE = "template.yaml"
_FOLDERS = {"AWS::Lambda::Function": "function", "AWS::Lambda::LayerVersion": "layer"}

_DESCRIPTION = """\
Write the templates of one environment for teams that deploy with sam instead of the CDK: template.yaml is the relay,
alarms.yaml its alarms, and the folders beside them hold the code of the functions and the layer. Logical ids and
names are those of `cdk deploy`, so each can update the other's stack.
"""
_EPILOG = """\
example:
  alertrelay export sam --env prod --output sam
  sam validate --lint -t sam/template.yaml
  sam deploy -t sam/template.yaml --stack-name alertrelay-prod --capabilities CAPABILITY_IAM --resolve-s3
  sam deploy -t sam/alarms.yaml --stack-name alertrelay-prod-alarms --resolve-s3

exit code: 0 written, 2 usage, the folder is in use, or the configuration has errors
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    parser = subparsers.add_parser("export", help="write the environment as templates of another tool")
    formats = parser.add_subparsers(title="formats", metavar="FORMAT", required=True)
    sam = formats.add_parser(
        "sam",
        help="templates for the sam command",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config_dir(sam)
    sam.add_argument("--env", metavar="NAME", default="prod", help="an environment (default: prod)")
    sam.add_argument("--output", metavar="FOLDER", type=Path, default=Path("sam"), help="default: sam")
    sam.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the folder; the exit code of the help."""
    from infra.synth import templates
    from local.stack.day_input import UsageError, template_of

    output: Path = args.output
    if problem := _in_use(output):
        print(f"alertrelay export: {problem}", file=sys.stderr)
        return 2
    try:
        found = templates(template_of(args.env, config=args.config_dir).parent.parent, args.env)
    except UsageError as error:
        print(f"alertrelay export: {error}", file=sys.stderr)
        return 2
    try:
        for stack, path in found.items():
            print(write(path, output, name_of(stack, args.env)))
    except OSError as error:
        print(f"alertrelay export: {unwritable(error, output)}", file=sys.stderr)
        return 2
    return 0


def write(template: Path, output: Path, name: str) -> Path:
    """Write one template of an assembly and copy its assets; return the file's path."""
    import yaml

    from infra.sam_template import sam_template

    content = json.loads(template.read_text(encoding="utf-8"))
    output.mkdir(parents=True, exist_ok=True)
    folders = _copied(content, template.parent, output)
    target = output / name
    text = yaml.safe_dump(sam_template(content, folders), sort_keys=False, allow_unicode=True, width=120)
    target.write_text(f"{MARK}\n{text}", encoding="utf-8")
    return target


def name_of(stack: str, environment: str) -> str:
    """Return the file of a stack: template.yaml of the relay, alarms.yaml and alarms-PART.yaml of the alarms."""
    rest = stack.removeprefix(f"alertrelay-{environment}").strip("-")
    return f"{rest}.yaml" if rest else TEMPLATE


def _copied(template: Mapping[str, Any], assembly: Path, output: Path) -> dict[str, str]:
    from infra.sam_template import asset_paths

    folders = {}
    for path, kind in {path: kind for kind, path in asset_paths(template)}.items():
        target = output / _FOLDERS[kind]
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree((assembly / path).resolve(), target)
        folders[path] = f"./{target.name}"
    return folders


def _in_use(output: Path) -> str:
    """Return why the folder cannot be written, "" where it can: nothing that a person put there is overwritten."""
    if output.is_dir() and any(output.iterdir()):
        ours = output / TEMPLATE
        if not ours.is_file() or not ours.read_text(encoding="utf-8", errors="replace").startswith(MARK):
            return f"--output {output}: expected an empty folder, or one of an earlier export; name another"
    elif output.exists() and not output.is_dir():
        return f"--output {output}: expected a folder, and it is a file; name another"
    return ""
