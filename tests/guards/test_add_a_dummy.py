"""CONTRIBUTING names the files of a channel, a source and an alarm: with these alone a dummy of each works in a copy.

The dummy is made of one that there is, under another name. The suites that would miss a forgotten file run in the copy.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.example import CONFIG
from tests.guards.copies import ROOT, copy_repository, python_in, run_tests

PACKAGE = Path("layers/alertrelay/python/alertrelay")
ALONE = ("CHANGELOG.md", "CONTRIBUTING.md", "README.md", "app.py", "cdk.json", "pyproject.toml")
GENERATED = (
    "docs/alarms.md",
    "docs/answers.md",
    "docs/architecture.md",
    "docs/channels.md",
    "docs/messages.md",
    "docs/schemas/",
    "events/env.json",
    "runbooks/README",
    "tests/render/",
    "tests/wire/",
)


class Copy:
    """A copy of the repository in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        copy_repository(folder, *ALONE)
        shutil.copytree(CONFIG, folder / "config")

    def edit(self, name: str | Path, old: str, new: str) -> None:
        """Replaces a text that has to stand in the file."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def derive(self, source: str | Path, target: str | Path, *renames: tuple[str, str]) -> None:
        """Writes a file like another one, with other words in it."""
        text = (self.folder / source).read_text(encoding="utf-8")
        for old, new in renames:
            text = text.replace(old, new)
        (self.folder / target).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / target).write_text(text, encoding="utf-8")

    def run(self, *command: str) -> str:
        """Runs a module of the copy; its output. Fails with it where the module fails."""
        return self._python("-m", *command)

    def run_code(self, code: str) -> None:
        """Runs a few statements in the copy. Fails with their output where they fail."""
        self._python("-c", code)

    def _python(self, *arguments: str) -> str:
        done = python_in(self.folder, *arguments)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    def test(self, *tests: str, **environ: str) -> None:
        """Runs tests of the copy."""
        run_tests(self.folder, *tests, **environ)

    def changed(self) -> set[str]:
        """Returns the files that are new or different here."""
        found = set()
        for path in (path for path in self.folder.rglob("*") if path.is_file()):
            name = path.relative_to(self.folder)
            there = ROOT / name
            ours = name.parts[0] != "config" and "__pycache__" not in name.parts
            if ours and not (there.is_file() and there.read_bytes() == path.read_bytes()):
                found.add(name.as_posix())
        return found


def listed(title: str, **names: str) -> set[str]:
    """The files of a section of CONTRIBUTING.md, with the dummy's names in their places."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split(f"### {title}\n", 1)[1].split("\n##", 1)[0]
    found = re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)
    return {re.sub(r"<(\w+)>", lambda match: names[match[1]], name) for name in found}


def folded(files: set[str], wanted: set[str]) -> set[str]:
    """Files below a folder that is listed as a whole count as the folder."""
    folders = {name for name in wanted if name.endswith("/")}
    return {next((folder for folder in folders if name.startswith(folder)), name) for name in files}


@pytest.fixture(name="copy")
def _copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "copy")


def _channel(copy: Copy) -> set[str]:
    renames = (("discord", "dummy"), ("Discord", "Dummy"), ("4577", "4599"))
    for name in ("__init__.py", "render.py", "sender.py"):
        copy.derive(PACKAGE / "channels/discord" / name, PACKAGE / "channels/dummy" / name, *renames)
    copy.derive("cli/probes/kinds/discord.py", "cli/probes/kinds/dummy.py", *renames)
    copy.edit(PACKAGE / "channels/__init__.py", '    "webhook",\n', '    "webhook",\n    "dummy",\n')
    for name in ("__init__.py", "answers.md"):
        copy.derive(Path("local/standins/discord") / name, Path("local/standins/dummy") / name, *renames)
    (copy.folder / "events/env.json").write_text(copy.run("cli.command", "serve-aws", "--print-env"), encoding="utf-8")
    copy.run("tools.channels_page")
    copy.run("tools.architecture_map", "--write")
    golden = "tests/render/test_render_golden.py"
    copy.test(golden, UPDATE_GOLDEN="1")
    copy.run("tools.messages")
    copy.run("tests.wire.record", "names")
    copy.test(
        golden,
        "tests/channels/test_one_folder.py",
        "tests/channels/test_answers.py",
        "tests/tools/test_channels_page.py",
        "tests/wire/test_wire_golden.py::test_what_is_written_to_the_wire_equals_the_golden_file[names]",
        "tests/cli/test_serve_aws.py::test_the_committed_env_file_is_what_the_command_prints",
    )
    config = "route: {receiver: a}\nreceivers: [{name: a, dummy_configs: [{webhook_url_file: /run/secrets/key}]}]\n"
    (copy.folder.parent / "alertmanager.yml").write_text(config)
    copy.run("cli.command", "check", "--config", str(copy.folder.parent / "alertmanager.yml"))
    probe = "from cli.probes.channels import probe_of; assert probe_of('dummy').__module__ == 'cli.probes.kinds.dummy'"
    copy.run_code(probe)
    return listed("A channel", kind="dummy")


def _source(copy: Copy) -> set[str]:
    copy.derive(
        PACKAGE / "sources/newrelic.py", PACKAGE / "sources/dummy.py", ("newrelic", "dummy"), ("New Relic", "Dummy")
    )
    parse = PACKAGE / "sources/parse.py"
    line = '    SourceKind(source="third-party", module="newrelic"),\n'
    copy.edit(parse, line, line + line.replace("newrelic", "dummy"))
    copy.derive(
        "events/newrelic-activated.json",
        "events/dummy-activated.json",
        ('"MessageId": "', '"MessageId": "dummy-'),
    )
    row = next(
        line for line in (ROOT / "events/README.md").read_text().splitlines(True) if "`newrelic-activated" in line
    )
    copy.edit("events/README.md", row, row + row.replace("newrelic-activated", "dummy-activated"))
    copy.run("tools.architecture_map", "--write")
    copy.test("tests/sources/test_events.py", "tests/guards/test_architecture_page.py")
    return listed("A source", name="dummy") - {"events/dummy.json"} | {"events/dummy-activated.json"}


def _alarm(copy: Copy) -> set[str]:
    rules = (copy.folder / "compiler/catalogue/sqs.py").read_text(encoding="utf-8")
    first = rules[rules.index("    Rule(\n") : rules.index("    Rule(\n", rules.index("    Rule(\n") + 1)]
    new = first.replace("SQSOldMessages", "SQSDummy").replace("ApproximateAgeOfOldestMessage", "DummyAge")
    copy.edit("compiler/catalogue/sqs.py", first, first + new.replace('key="age"', 'key="dummy"'))
    metrics = (copy.folder / "compiler/alarms/metrics.py").read_text(encoding="utf-8")
    row = next(line for line in metrics.splitlines(True) if '"ApproximateAgeOfOldestMessage"' in line)
    copy.edit("compiler/alarms/metrics.py", row, row + row.replace("ApproximateAgeOfOldestMessage", "DummyAge"))
    copy.derive("runbooks/sqs-old-messages.md", "runbooks/sqs-dummy.md", ("SQSOldMessages", "SQSDummy"))
    copy.run("tools.alarms_page")
    copy.run("tools.schemas", "--write")
    copy.test(
        "tests/compiler/alarms/test_check.py", "tests/compiler/test_schemas.py", "tests/tools/test_alarms_page.py"
    )
    return listed("An alarm", kind="sqs", alarm="sqs-dummy")


@pytest.mark.parametrize("add", [_channel, _source, _alarm], ids=["channel", "source", "alarm"])
def test_the_files_of_contributing_are_all_that_a_new_one_needs(add: Callable[[Copy], set[str]], copy: Copy) -> None:
    wanted = add(copy)
    assert folded(copy.changed(), wanted) == wanted
    written_by_hand = [name for name in wanted if not name.startswith(GENERATED)]
    assert len(written_by_hand) <= 4
