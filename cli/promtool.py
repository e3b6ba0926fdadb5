"""Asks promtool about rule files: what it refuses and promql-parser takes is a warning, with its version.

`promtool check rules` of Prometheus 2.42 to 3.x prints a line for each fault: `FILE: LINE:COLUMN: group "G", rule N,
"NAME": MESSAGE`, the line and column only for expressions.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from alertrelay.values.text import how_many

from compiler.reading.finding import Finding, Findings, Place
from compiler.reading.yamlfile import parse
from compiler.rules.check import SEVERITIES
from compiler.rules.examine import RuleText
from compiler.rules.files import PrometheusRule, read_rule_file

PROGRAM = "promtool"
_RULE = re.compile(r'group "(?P<group>.*?)", rule (?P<number>\d+), "(?P<name>.*?)": (?P<message>.*)')
_LINE = re.compile(r"line (?P<line>\d+): (?P<message>.*)")
_VERSION = re.compile(r"version (\S+)")
_TIMEOUT = 60
Refusal = tuple[Place, int, str]
"""The place of a rule that is refused, its last line, and why."""
OURS = frozenset(
    {"bad-promql", "bad-rule", "unknown-key", "missing-key", "wrong-type", "duplicate-name", "bad-duration"}
)
"""Codes of our errors about what promtool refuses too."""


def ask_promtool(texts: Iterable[RuleText], ours: Sequence[Finding]) -> tuple[Finding, ...]:
    """Returns what promtool refuses where none of `ours` is about the same rule; nothing where it is not installed.

    Under CI it has to be: a run that could not ask it must not look like one that did.
    """
    rules = list(texts)
    findings = Findings()
    if not rules:
        return ()
    if shutil.which(PROGRAM) is None:
        if os.environ.get("CI", "").lower() == "true":
            mend = "install it: Debian's package prometheus has it"
            message = f"{PROGRAM} is not installed, and CI has to ask it"
            findings.error(Place(file=rules[0].file), "no-promtool", message, mend)
        return findings.sorted()
    version = _version()
    known = {(one.file, one.line) for one in ours if one.code in OURS}
    for place, last, message in _all_refused(rules):
        if not any(place.file == file and place.line <= line <= last for file, line in known):
            mend = "mend it, or check with the promtool of the Prometheus that you run"
            findings.warning(place, "promtool", f"promtool {version} refuses it: {message}", mend)
    return findings.sorted()


def summary(texts: Iterable[RuleText]) -> str:
    """Returns what was checked, in a line, and by what."""
    rules = [
        rule
        for one in texts
        if (root := parse(one.text, Findings(), file=one.file))
        for rule in read_rule_file(root, Findings())
    ]
    alerts = sum(bool(rule.alert) for rule in rules)
    severities = Counter(rule.labels.get("severity", "") for rule in rules if rule.alert)
    shares = [f"{count} {name}" for name in SEVERITIES if (count := severities[name])]
    by = f"by promtool {_version()}" if shutil.which(PROGRAM) else "not by promtool, which is not installed"
    of = f" ({', '.join(shares)})" if shares else ""
    recorded = how_many(len(rules) - alerts, "recorded metric")
    return f"rules: {how_many(alerts, 'alert')}{of} and {recorded}; read by promql-parser, and {by}"


def _all_refused(rules: Sequence[RuleText]) -> Iterator[Refusal]:
    """Yields what promtool refuses of all files, asked once: its answer on a file begins with `Checking PATH`."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {str(Path(folder) / f"{number}.yml"): rule for number, rule in enumerate(rules)}
        for path, rule in paths.items():
            Path(path).write_text(rule.text, encoding="utf-8")
        answers: dict[str, list[str]] = {}
        about = ""
        for line in _run("check", "rules", *paths).splitlines():
            named = next((path for path in paths if f"{path}: " in line), "")
            about = named or about
            answers.setdefault(about, []).append(line)
        for path, lines in answers.items():
            if path:
                yield from _refused(path, paths[path], lines)


def _version() -> str:
    found = _VERSION.search(_run("--version"))
    return found[1].partition("+")[0] if found else "of an unknown version"


def _run(*arguments: str) -> str:
    found = subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=_TIMEOUT, errors="replace"
    )
    return found.stdout + found.stderr


def _refused(path: str, rule: RuleText, lines: Sequence[str]) -> Iterator[Refusal]:
    root = parse(rule.text, Findings(), file=rule.file)
    rules = read_rule_file(root, Findings()) if root else ()
    by_number = {(one.group, one.number): one for one in rules}
    for line in lines:
        _, found_path, rest = line.partition(f"{path}: ")
        if found := _RULE.search(line):
            one = by_number.get((found["group"], int(found["number"])))
            yield (*_span(one, rule.file), found["message"])
        elif found := _LINE.search(line):
            number = int(found["line"])
            yield Place(file=rule.file, line=number, column=1), number, found["message"]
        elif found_path and not rest.endswith("errors:"):  # its lines follow
            yield Place(file=rule.file), 0, rest


def _span(rule: PrometheusRule | None, file: str) -> tuple[Place, int]:
    if rule is None:
        return Place(file=file), 0
    last = max([rule.expr.place.line + rule.expr.text.count("\n"), *(one.place.line for one in rule.fields.values())])
    return rule.place, last
