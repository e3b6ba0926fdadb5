"""Describes the keys of a kind of resource: how the file's reader takes each, and what its JSON schema says.

The reader and the schema for editors (tools/schemas.py) both follow from it, so neither knows a key that the other
does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from compiler.catalogue.facts import classes
from compiler.reading.finding import did_you_mean
from compiler.reading.section import Section

Form = tuple[str, str]
"""The pattern of a name, and an example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceKey:
    """One key of an entry. `about` is its sentence for editors, `schema` all else that its schema says, and `field`
    that of the resource which holds it. `read` takes it from an entry; faults are findings and count as absent."""

    name: str
    field: str
    about: str
    read: Callable[[Section], Any]
    schema: Mapping[str, Any]
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceList:
    """A list of environments/NAME.yml under `key`: its sentence, the kinds of the catalogue that it holds, and the
    keys that are its own."""

    key: str
    about: str
    kinds: tuple[str, ...]
    own: tuple[ResourceKey, ...]

    def fields(self, item: Section) -> dict[str, Any]:
        """Read what an entry says, by the field of the resource."""
        return {key.field: key.read(item) for key in self.own}


def name_key(name: str, form: Form, about: str, *, needed: bool = True) -> ResourceKey:
    """A name of AWS, of a form."""
    return ResourceKey(
        name=name,
        field=name,
        about=about,
        read=lambda item: name_of(item, name, *form, needed=needed),
        schema={**_typed("string", needed), "pattern": f"^{form[0]}$"},
        needed=needed,
    )


def choice_key(name: str, known: Sequence[str], default: str, about: str, *, needed: bool = True) -> ResourceKey:
    """One of several words."""
    return ResourceKey(
        name=name,
        field=name,
        about=about,
        read=lambda item: one_of(item, name, known, default, needed=needed),
        schema={"enum": [*known] if needed else [*known, None]},
        needed=needed,
    )


def class_key(prefix: str, needs: tuple[str, ...], about: str, *, needed: bool = True) -> ResourceKey:
    """A class such as db.r6g.large; one that the table does not have `needs` its numbers in the file."""
    return ResourceKey(
        name="class",
        field="instance_class",
        about=about,
        read=lambda item: class_of(item, prefix, needs=needs) if needed or item.has("class") else "",
        schema={"type": "string", "pattern": f"^{prefix}\\."},
        needed=needed,
    )


def number_key(
    name: str, low: float, high: float, about: str, *, needed: bool = False, null: bool = True
) -> ResourceKey:
    """A number within bounds; 0 where it is absent. Without `null` a rule between keys counts the key as there."""
    mend = f"add `{name}: …`: thresholds are derived from it"
    return ResourceKey(
        name=name,
        field=name,
        about=about,
        read=lambda item: 0 if needed and not item.require(name, mend) else item.number(name, 0, low=low, high=high),
        schema={**_typed("number", needed or not null), "minimum": low, "maximum": high},
        needed=needed,
    )


def whole_key(name: str, default: int, low: int, high: int, about: str) -> ResourceKey:
    """A whole number within bounds."""
    return ResourceKey(
        name=name,
        field=name,
        about=about,
        read=lambda item: item.whole(name, default, low=low, high=high),
        schema={**_typed("integer", needed=False), "minimum": low, "maximum": high},
        needed=False,
    )


def flag_key(name: str, about: str, *, default: bool = False) -> ResourceKey:
    """True or false."""
    return ResourceKey(
        name=name,
        field=name,
        about=about,
        read=lambda item: item.flag(name, default=default),
        schema=_typed("boolean", needed=False),
        needed=False,
    )


def _typed(kind: str, needed: bool) -> dict[str, Any]:
    return {"type": kind if needed else [kind, "null"]}


def name_of(item: Section, key: str, pattern: str, example: str, *, needed: bool = True) -> str:
    """Read the name of a resource."""
    if not item.has(key) and not needed:
        return ""
    if not item.require(key, f"add `{key}: {example}`"):
        return ""
    text = item.string(key)
    if text and not re.fullmatch(pattern, text):
        message = f"{text!r} is not the name of such a resource"
        item.findings.error(item.at(key), "bad-value", message, f"the identifier alone, as in {example}, no whole ARN")
        return ""
    return text


def one_of(item: Section, key: str, known: Iterable[str], default: str, *, needed: bool = True) -> str:
    """Read one of the words that are known."""
    if not item.has(key) and not needed:
        return default
    if not item.require(key, f"add `{key}: {default}`"):
        return default
    value = item.get(key)
    text = value.text if value else ""
    if text not in known:
        item.findings.error(item.at(key), "bad-value", f"{text!r} is not a known {key}", did_you_mean(text, known))
        return default
    return text


def class_of(item: Section, prefix: str, *, needs: tuple[str, ...]) -> str:
    """Read `class: db.r6g.large`. One that the table does not have needs its numbers in the file."""
    if not item.require("class", f"add `class: {prefix}.r6g.large`: thresholds are derived from it"):
        return ""
    text = item.string("class")
    bare = text.removeprefix(f"{prefix}.")
    if text and (bare == text or (bare not in classes() and not all(item.has(key) for key in needs))):
        near = did_you_mean(text, (f"{prefix}.{name}" for name in classes()))
        numbers = " and ".join(f"`{key}: …`" for key in needs)
        message = f"the class {text!r} is not known"
        item.findings.error(item.at("class"), "unknown-class", message, f"{near or 'if it is new,'} give {numbers}")
    return text


def date_of(section: Section, key: str) -> str:
    """Returns a date as YYYY-MM-DD, "" where there is none."""
    if not section.has(key):
        return ""
    text = section.text(key)
    with suppress(ValueError):
        if date.fromisoformat(text).isoformat() == text:
            return text
    section.findings.error(section.at(key), "bad-value", f"{text!r} is no date", "write one as 2026-11-30")
    return ""
