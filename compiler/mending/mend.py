"""Rewrites what can be rewritten of an Alertmanager file: secrets, deprecated keys, a definition of Managed Prometheus.

Whatever else stands in the file stays as it is: comments, order, indentation. What comes out is read again and has to
mean the same, else it is not taken.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml
from alertrelay.values.text import how_many

from compiler.alertmanager.file import AlertmanagerFile, parse_alertmanager
from compiler.alertmanager.managed import CONFIG, TEMPLATES
from compiler.delivery import DeliveryFile
from compiler.mending.deprecated import renew
from compiler.mending.secrets import MOVED, MovedSecrets, may_be_secrets, move_secrets
from compiler.mending.source import Edit, applied, child, compose, entries
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import Value, parse

_MASK = "<secret>"
_OLD_KEYS = ("match", "match_re", "matchers", "mute_time_intervals", "time_intervals")
_SHORTEST = 4
_LISTED = re.compile(r"\.(?:secrets|files)\[\d+\]$")
"""Where a secret of a header stands, and the path that it becomes."""
_USER = ".http_config.basic_auth"
"""Where the user and the password of an address are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The new text. `secrets` are the values that were taken out, by name; `templates` the files that a definition of
    Managed Prometheus held. `diff` shows the change and no secret."""

    text: str
    diff: tuple[str, ...]
    secrets: Mapping[str, str] = field(repr=False)
    templates: Mapping[str, str]


class CannotMend(Exception):
    """Raised for a file that cannot be read; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("the file cannot be read")
        self.findings = tuple(findings)


def mend(text: str, *, file: str, delivery: DeliveryFile) -> Mended:
    """Returns the file rewritten, the same text where nothing can be. Raises CannotMend."""
    findings = Findings()
    if parse(text, findings, file=file) is None or any(one.code == "duplicate-key" for one in findings.sorted()):
        raise CannotMend(findings.sorted())
    plain, templates = _unwrapped(text)
    parsed, found = _read(plain, file, delivery)
    root = compose(plain)
    assert root is not None, "it was parsed"
    moved = move_secrets(plain, root, found)
    renewed = renew(plain, root)
    for edits in ((*moved.edits, *renewed), moved.edits, renewed):
        new = _tried(plain, edits)
        if new != plain and _means_the_same((parsed, plain), new, found, file, delivery):
            break
    else:
        new = plain
    taken = moved.values if any(name in new for name in moved.values) and new != plain else {}
    return Mended(text=new, diff=_diff(text, plain, new, moved, file), secrets=taken, templates=templates)


def _tried(text: str, edits: Sequence[Edit]) -> str:
    try:
        return applied(text, edits)
    except ValueError:
        return text


def _read(text: str, file: str, delivery: DeliveryFile) -> tuple[AlertmanagerFile | None, tuple[Finding, ...]]:
    findings = Findings()
    root = parse(text, findings, file=file)
    parsed = None
    if root is not None:
        zone = delivery.time_zone
        parsed = parse_alertmanager(
            root, findings, transport=delivery.transport, on_call=delivery.on_call, time_zone=zone
        )
    return parsed, findings.sorted()


def _means_the_same(
    old: tuple[AlertmanagerFile | None, str], new: str, found: Sequence[Finding], file: str, delivery: DeliveryFile
) -> bool:
    """Returns whether routes, inhibitions and intervals are those of before, and every other value too, but for the
    secrets, which now stand behind a path."""
    before, text = old
    after, _ = _read(new, file, delivery)
    if before and (after is None or _decisions(before) != _decisions(after)):
        return False
    was, now = (dict(_leaves(parse(one, Findings(), file=file), "")) for one in (text, new))
    secrets = {one.key for one in found if one.code in MOVED}
    differ = {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    return all(
        key in secrets
        or key.removesuffix("_file") in secrets
        or _LISTED.sub(".secrets", key) in secrets
        or key.replace(_USER, ".url").rpartition(".")[0] in secrets
        or _is_old(key)
        for key in differ
    )


def _decisions(parsed: AlertmanagerFile) -> object:
    return parsed.route, parsed.inhibit_rules, parsed.time_intervals, parsed.routed


def _is_old(key: str) -> bool:
    parts = key.replace("source_", "").replace("target_", "").replace("[", ".").split(".")
    return any(part in _OLD_KEYS for part in parts)


def _leaves(value: Value | None, key: str) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value.data, Mapping):
        for name, item in value.data.items():
            yield from _leaves(item, f"{key}.{name}" if key else name)
    elif isinstance(value.data, tuple):
        for index, item in enumerate(value.data):
            yield from _leaves(item, f"{key}[{index}]")
    else:
        yield key, value.text


def _unwrapped(text: str) -> tuple[str, Mapping[str, str]]:
    """Returns the plain file of a definition of Managed Prometheus with its templates, any other text as it is."""
    root = compose(text)
    config = child(root, CONFIG)
    if root is None or config is None or not isinstance(config.value, yaml.ScalarNode):
        return text, {}
    files = child(root, TEMPLATES)
    pairs = files.value.value if files and isinstance(files.value, yaml.MappingNode) else []
    templates = {str(key.value): str(value.value) for key, value in pairs if isinstance(value, yaml.ScalarNode)}
    around = [text[: config.key.start_mark.index] if config.key.start_mark.index else ""]
    end = config.value.end_mark.index
    after = text[end : files.key.start_mark.index] if files and files.key.start_mark.index > end else ""
    kept = "".join(line for line in after.splitlines(keepends=True) if line.lstrip().startswith("#"))
    before = "".join(line for line in around[0].splitlines(keepends=True) if line.lstrip().startswith("#"))
    return before + str(config.value.value) + kept, templates


def _diff(old: str, plain: str, new: str, moved: MovedSecrets, file: str) -> tuple[str, ...]:
    """Shows changed lines alone: what stands around them may hold a secret in a comment."""
    root = compose(plain)
    names = " ".join(entry.name for entry in entries(root)) if root else ""
    hidden = {*moved.hidden, *moved.values.values()}
    # A secret that is a word of a key is masked at its place alone: a hole in the key would show it.
    values = sorted((one for one in hidden if len(one) >= _SHORTEST and one not in names), key=len, reverse=True)
    if old != plain:
        message = f"{file}: becomes the plain file inside, of {how_many(len(plain.splitlines()), 'line')}"
        return (message, *_changed(plain, new, moved, values, file))
    return tuple(_changed(old, new, moved, values, file))


def _changed(old: str, new: str, moved: MovedSecrets, values: Sequence[str], file: str) -> Iterator[str]:
    root = compose(new)
    still = [span for span, _ in may_be_secrets(root, moved.unknown)] if root else []
    masked, shown = _without(old, moved.masked), _without(new, still)
    for value in values:
        masked, shown = masked.replace(value, _MASK), shown.replace(value, _MASK)
    for line in difflib.unified_diff(masked.splitlines(), shown.splitlines(), file, file, lineterm="", n=0):
        code, mark, _ = line.partition(" #")
        yield code.rstrip() if mark and (_MASK in code or "/secrets/" in code) else line


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    return applied(text, [Edit(start=start, end=end, text=_masked(text[start:end])) for start, end in spans])


def _masked(span: str) -> str:
    return _MASK + span[len(span.rstrip()) :]
