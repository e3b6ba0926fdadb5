"""Reports findings of `check` and synth on a configuration file: one finding, one place, one fix."""

from __future__ import annotations

import dataclasses
import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from compiler.reading.tokens import without_tokens

Severity = Literal["error", "warning", "info"]
_LISTED = 12
_PLACES = 3
_FOLDED = 5
_NEAR = 0.6
"""How alike two words are of which one may be a slip of the other, from 0 to 1."""
_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of a value. Line and column count from 1; 0 where the whole file is meant.

    `key` is the dotted way to it, `receivers[2].slack_configs[0].channel`; "" is the file itself.
    """

    file: str
    line: int = 0
    column: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know about a file. `code` is stable and documented; `message` and `mend` never hold a secret."""

    file: str
    line: int
    column: int
    key: str
    severity: Severity
    code: str
    message: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.severity} {self.code}: {self.message}" + (f" ({self.mend})" if self.mend else "")


@dataclass(slots=True)
class Findings:
    """Collects what is found while the files are read, so that one run names every fault and not only the first."""

    _found: list[Finding] = field(default_factory=list)

    def error(self, place: Place, code: str, message: str, mend: str) -> None:
        """Something that must not be deployed. `mend` says what to do."""
        self._add(place, "error", code, message, mend)

    def warning(self, place: Place, code: str, message: str, mend: str) -> None:
        """Something that works, and that somebody will regret. `mend` says what to do."""
        self._add(place, "warning", code, message, mend)

    def info(self, place: Place, code: str, message: str, mend: str = "") -> None:
        """Something to know; `--strict` does not mind it."""
        self._add(place, "info", code, message, mend)

    def add(self, finding: Finding) -> None:
        """Something that was found elsewhere. Of what looks like a token only the first characters are kept."""
        key, message, mend = (without_tokens(text) for text in (finding.key, finding.message, finding.mend))
        self._found.append(dataclasses.replace(finding, key=key, message=message, mend=mend))

    def _add(self, place: Place, severity: Severity, code: str, message: str, mend: str) -> None:
        self.add(
            Finding(
                file=place.file,
                line=place.line,
                column=place.column,
                key=place.key,
                severity=severity,
                code=code,
                message=message,
                mend=mend,
            )
        )

    def not_obeyed(self, place: Place, what: str) -> None:
        """Something that Alertmanager obeys and alertrelay does not."""
        self.warning(
            place, "not-obeyed", f"{what} is not obeyed by alertrelay", "remove it, or leave it for Alertmanager"
        )

    @property
    def failed(self) -> bool:
        """Returns whether there is an error among them."""
        return any(f.severity == "error" for f in self._found)

    def sorted(self) -> tuple[Finding, ...]:
        """By file in the order of reading, then by line; each only once."""
        files = list(dict.fromkeys(f.file for f in self._found))
        unique = dict.fromkeys(self._found)
        return tuple(sorted(unique, key=lambda f: (files.index(f.file), f.line, f.column, _ORDER[f.severity], f.key)))


def merged(findings: Iterable[Finding], *, fold: bool = False) -> list[Finding]:
    """Return the findings with those that differ only in their place as one: the first, with a count and the places.

    A code that has more than five of these becomes one as well, by files: infos always, warnings with `fold`.
    Errors stand alone: each has to be mended where it is.
    """
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for number, one in enumerate(findings):
        alone = str(number) if one.severity == "error" else ""
        alike.setdefault((one.severity, one.code, one.message, one.mend, alone), []).append(one)
    sentences: dict[tuple[str, str], list[Sequence[Finding]]] = {}
    for same in alike.values():
        sentences.setdefault((same[0].severity, same[0].code), []).append(same)
    severities = ("warning", "info") if fold else ("info",)
    folded = {kind for kind, several in sentences.items() if kind[0] in severities and len(several) > _FOLDED}
    rows = []
    for same in alike.values():
        kind = (same[0].severity, same[0].code)
        if kind not in folded:
            rows.append(_counted(same))
        elif same is sentences[kind][0]:
            rows.append(_folded([one for several in sentences[kind] for one in several]))
    return rows


def _counted(same: Sequence[Finding]) -> Finding:
    first, *others = same
    if not others:
        return first
    places = [f"{one.file}:{one.line}" if one.line else one.file for one in others]
    shown = ", ".join(places[:_PLACES]) + (", …" if len(places) > _PLACES else "")
    return dataclasses.replace(first, message=f"{first.message} ({len(same)} times: here, {shown})")


def _folded(same: Sequence[Finding]) -> Finding:
    files = Counter(one.file for one in same)
    by_file = ", ".join(f"{name} {count}" for name, count in files.items())
    flag = "--json" if same[0].severity == "info" else "--strict"
    message = f"{same[0].message}; {len(same)} findings of this kind, which `alertrelay check {flag}` lists: {by_file}"
    return dataclasses.replace(same[0], message=message)


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "remove it") -> str:
    """Returns a mend that names the nearest known word, or all of them where none is near and they are few."""
    candidates = sorted(known)
    if near := nearest(word, candidates):
        return f"did you mean {near!r}?"
    return f"known here: {', '.join(candidates)}" if 0 < len(candidates) <= _LISTED else otherwise


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, "" where none is near. A last part that both have (`_configs`)
    makes two words no nearer."""
    for near in difflib.get_close_matches(word, sorted(known), n=3, cutoff=_NEAR):
        stem, _, tail = word.rpartition("_")
        other, _, others = near.rpartition("_")
        if tail != others or not stem or difflib.SequenceMatcher(None, other, stem).ratio() >= _NEAR:
            return near
    return ""
