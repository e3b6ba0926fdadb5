"""Reads templates in what decides who is notified: a Slack channel, a topic, an address.

One that reads nothing (`to: '{{ template "team.to" }}'`) is what it gives. Each other one is refused, unless `allowed`
of delivery.yml lists what it may give and nothing but the group's labels decides it: these are the same from the first
notification of a group to its last.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from alertrelay.config.channel import ChannelDescriptor
from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.execute import Program, render
from alertrelay.render.templates.values import Data

from compiler.alertmanager.kinds.reading import texts_of
from compiler.alertmanager.texts import walk
from compiler.reading.section import Section
from compiler.templates.files import TemplateFiles
from compiler.templates.syntax import TemplateSyntaxError

_OTHERS = frozenset(
    {"Receiver", "Status", "Alerts", "CommonLabels", "CommonAnnotations", "NotificationReason", "ExternalURL"}
)
"""What a notification has beside the labels of its group."""
_ADDRESSES = "to"
"""The key of a mail's recipients, each of whom answers for itself."""


def read_decisions(
    section: Section,
    served: ChannelDescriptor,
    templates: TemplateFiles,
    allowed: Mapping[str, tuple[str, ...]],
) -> Mapping[str, Any]:
    """Returns the compiled templates with what each may give; empty where no template decides."""
    fields = {one.name for one in dataclasses.fields(served.settings) if one.type == "str"}
    found: dict[str, Any] = {}
    for key in _templated(section, served):
        listed = key in fields or key == _ADDRESSES
        if not listed or not allowed.get(key):
            _refuse(section, key, can_be_listed=listed)
            continue
        program = _program(section, key, templates)
        if program is not None:
            found[key] = {"t": program.main, "templates": program.templates, "allowed": list(allowed[key])}
    return {"decides": found} if found else {}


def settled(
    section: Section,
    served: ChannelDescriptor,
    templates: TemplateFiles,
    allowed: Mapping[str, tuple[str, ...]],
) -> tuple[Section, Section]:
    """Returns the section with what each template gives that reads nothing; and that once more with all addresses that
    the template of a mail's `to` may give, since each of them is a recipient of its own."""
    found = {key: _constant(section, key, templates) for key in _templated(section, served)}
    constant = _with(section, {key: text for key, text in found.items() if text})
    every = ", ".join(allowed.get(_ADDRESSES, ()))
    return constant, _with(
        constant, {key: every for key in _templated(constant, served) if key == _ADDRESSES and every}
    )


def _with(section: Section, texts: Mapping[str, str]) -> Section:
    data = {**section.items}
    for key, text in texts.items():
        data[key] = replace(data[key], data=text, text=text)
    return replace(section, value=replace(section.value, data=data)) if texts else section


def _templated(section: Section, served: ChannelDescriptor) -> list[str]:
    keys = (name for one in served.keys for name in one.deciding)
    return [key for key in keys if any("{{" in text for text in texts_of(section.get(key)))]


def _constant(section: Section, key: str, templates: TemplateFiles) -> str:
    """Returns what a template gives that reads no data; "" for any other."""
    value = section.get(key)
    try:
        program = templates.library.text(value.text if value else "")
        trees = [program.main, *program.templates.values()]
        if any(True for tree in trees for _ in _named(tree)):
            return ""
        return render(program, Data(), now=datetime.min.replace(tzinfo=UTC)).strip()
    except (TemplateSyntaxError, TemplateFailure):
        return ""


def _refuse(section: Section, key: str, *, can_be_listed: bool) -> None:
    message = f"{key!r} holds a template: who is notified would depend on the text of an alert"
    mend = "write it out, with a route for each"
    if can_be_listed:
        mend += f", or list what it may give under `allowed: {{RECEIVER: {{{key}: […]}}}}` of delivery.yml"
    section.findings.error(section.at(key), "template", message, mend)


def _program(section: Section, key: str, templates: TemplateFiles) -> Program | None:
    value = section.get(key)
    assert value is not None
    try:
        program = templates.library.text(value.text)
    except TemplateSyntaxError as error:
        mend = error.mend or "define it in a file of `templates:`"
        section.findings.error(value.place_at(error.at), "bad-template", error.problem, mend)
        return None
    # In a template that is called the dot is what the call hands over, which is looked at where it stands.
    called = [names for tree in program.templates.values() for names in _named(tree) if names]
    if all(map(_of_group, _named(program.main))) and not any(names[0] in _OTHERS for names in called):
        return program
    message = f"the template of {key!r} reads more than .GroupLabels, which could change within a group"
    mend = "use .GroupLabels.NAME, with NAME in group_by"
    section.findings.error(section.at(key), "template", message, mend)
    return None


def _of_group(names: list[str]) -> bool:
    return names[:1] == ["GroupLabels"]


def _named(nodes: list[Any]) -> Iterator[list[str]]:
    """Yields the names of every field that a tree reads; of what cannot be known, none. A call may hand over the
    dot."""
    for node in walk(nodes):
        if node[0] == "template" and node[3] is not None:
            yield from (names for names in _of_pipe(node[3]) if names)
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
