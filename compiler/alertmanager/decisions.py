"""Reads templates in what decides who is notified: a Slack channel, a topic, an address.

Each is refused, unless `allowed` of delivery.yml lists what it may give and nothing but the group's labels decides it:
these are the same from the first notification of a group to its last.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.config.channel import ChannelDescriptor
from alertrelay.render.templates.functions import FUNCTIONS

from compiler.alertmanager.kinds.reading import texts_of
from compiler.alertmanager.texts import walk
from compiler.reading.section import Section
from compiler.templates.parser import parse
from compiler.templates.syntax import TemplateSyntaxError


def read_decisions(
    section: Section, served: ChannelDescriptor, allowed: Mapping[str, tuple[str, ...]]
) -> Mapping[str, Any]:
    """Returns the compiled templates with what each may give; empty where no template decides."""
    fields = {one.name for one in dataclasses.fields(served.settings) if one.type == "str"}
    found: dict[str, Any] = {}
    for key in (name for one in served.keys for name in one.deciding):
        if not any("{{" in text for text in texts_of(section.get(key))):
            continue
        if key not in fields or not allowed.get(key):
            _refuse(section, key, can_be_listed=key in fields)
            continue
        tree = _tree(section, key)
        if tree is not None:
            found[key] = {"t": tree, "allowed": list(allowed[key])}
    return {"decides": found} if found else {}


def _refuse(section: Section, key: str, *, can_be_listed: bool) -> None:
    message = f"{key!r} holds a template: who is notified would depend on the text of an alert"
    mend = "write it out, with a route for each"
    if can_be_listed:
        mend += f", or list what it may give under `allowed: {{RECEIVER: {{{key}: […]}}}}` of delivery.yml"
    section.findings.error(section.at(key), "template", message, mend)


def _tree(section: Section, key: str) -> list[Any] | None:
    value = section.get(key)
    assert value is not None
    try:
        tree = parse(value.text, FUNCTIONS).main
    except TemplateSyntaxError as error:
        section.findings.error(value.place_at(error.at), "bad-template", error.problem, error.mend)
        return None
    if all(_of_group(names) for names in _named(tree)):
        return tree
    message = f"the template of {key!r} reads more than .GroupLabels, which could change within a group"
    mend = "use .GroupLabels.NAME, with NAME in group_by"
    section.findings.error(section.at(key), "template", message, mend)
    return None


def _of_group(names: list[str]) -> bool:
    return names[:1] == ["GroupLabels"]


def _named(nodes: list[Any]) -> Iterator[list[str]]:
    """Yields the names of every field that a tree reads; of what cannot be known, none."""
    for node in walk(nodes):
        if node[0] == "template":
            yield []
        elif node[0] in ("action", "if", "with", "range"):
            yield from _of_pipe(node[2])


def _of_pipe(pipe: list[Any]) -> Iterator[list[str]]:
    for operand in (operand for command in pipe[2] for operand in command):
        match operand[0]:
            case "field":
                yield operand[1]
            case "var":
                yield operand[2] if operand[1] == "$" else ["GroupLabels"]
            case "dot":
                yield []
            case "pipe":
                yield from _of_pipe(operand[1])
            case "chain":
                yield from _of_pipe([[], False, [[operand[1]]]])
