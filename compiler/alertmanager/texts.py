"""Compiles the team's own texts of an integration: what a message says in place of alertrelay's own words.

What the texts become is plain JSON that alertrelay/render/team_texts.py reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Settings
from alertrelay.render.templates.execute import Program
from alertrelay.render.templates.structured import valued

from compiler.alertmanager.kinds.reading import texts_of
from compiler.reading.finding import Findings, did_you_mean
from compiler.reading.section import Section
from compiler.reading.yamlfile import Value
from compiler.templates.files import TemplateFiles
from compiler.templates.library import UndefinedTemplate
from compiler.templates.syntax import TemplateSyntaxError
from compiler.templates.trial import fault

_STANDS = "alertrelay's own text stands in its place"
_NOTHING_SENT = "nothing is sent in its place and the fallbacks are notified"


def read_texts(
    section: Section, served: ChannelDescriptor, templates: TemplateFiles, settings: Settings
) -> Mapping[str, Any]:
    """Returns the fields, the whole body where a kind has such a key, and the templates that they call; empty where the
    section sets no text."""
    compiled = _Compiled(templates, section.findings)
    fields: dict[str, Any] = {}
    body: dict[str, Any] = {}
    for key in served.keys:
        if key.use not in ("templated", "filled", "body"):
            continue
        value = section.get(key.name)
        if key.use == "filled" and value is not None and not any("{{" in text for text in texts_of(value)):
            continue  # it stands in the settings
        if value is None or value.data == "":
            value = _redefined(key, section, templates)
        if value is None or _is_default(value, key, templates):
            continue
        made = compiled.body(value) if key.use == "body" else compiled.value(value, html=key.is_html(settings))
        if made is not None:
            (body if key.use == "body" else fields)[key.name] = made
    found = {name: made for name, made in (("fields", fields), ("body", body)) if made}
    return {**found, "templates": compiled.templates} if found else {}


def _redefined(key: ConfigKey, section: Section, templates: TemplateFiles) -> Value | None:
    """Returns what Alertmanager renders where the key is absent, if the team's files define that template anew."""
    if key.upstream not in templates.defined:
        return None
    text = f'{{{{ template "{key.upstream}" . }}}}'
    value = Value(data=text, text=text, place=section.at(key.name))
    return replace(value, data={"Subject": value}, text="") if key.shape == "headers" else value


def _is_default(value: Value, key: ConfigKey, templates: TemplateFiles) -> bool:
    """Returns whether a text is upstream's default, written out."""
    if not key.upstream or key.upstream in templates.defined:
        return False
    # Jira's may stand in a mapping, beside what says whether an update changes it.
    inner = value.data.get("template") if isinstance(value.data, Mapping) else value
    return inner is not None and "".join(inner.text.split()).replace("{{-", "{{").replace("-}}", "}}") == (
        f'{{{{template"{key.upstream}".}}}}'
    )


class _Compiled:
    """The templates of one integration so far. A fault of a text is a finding, and the text is left out. What stands in
    a `whole` body is kept as JSON has it, and nothing stands in for it."""

    def __init__(self, templates: TemplateFiles, findings: Findings) -> None:
        self._files, self._findings = templates, findings
        self.templates: dict[str, Any] = {}

    def value(self, value: Value, *, html: bool, whole: bool = False) -> Any:
        """Returns the compiled value, None where something in it is at fault."""
        if isinstance(value.data, Mapping):
            given = {name: one for name, one in value.data.items() if whole or one.data is not None}
            items = {name: self.value(one, html=html, whole=whole) for name, one in given.items()}
            if any("{{" in name for name in items):
                names = [Value(data=name, text=name, place=one.key_place or one.place) for name, one in given.items()]
                pairs = [[self.value(name, html=html, whole=whole), items[name.text]] for name in names]
                return None if any(None in pair for pair in pairs) else {"p": pairs}
            return None if None in items.values() else {"m": items}
        if isinstance(value.data, tuple):
            entries = [self.value(one, html=html, whole=whole) for one in value.data]
            return None if None in entries else {"l": entries}
        if "{{" not in value.text:
            kept = isinstance(value.data, bool) or (whole and not isinstance(value.data, str))
            return {"v": value.data} if kept else value.text
        program = self._program(value, html=html, whole=whole)
        return program and {"t": self._shared(program)}

    def body(self, value: Value) -> Any:
        """Returns the compiled body of a message, None where something in it is at fault: JSON, or a text that gives
        it."""
        if "{{" in value.text:
            program = self._program(value, html=False, whole=True, as_json=True)
            return program and {"t": self._shared(program)}
        made = self.value(value, html=False, whole=True)
        if isinstance(made, str) and isinstance(valued(made), str):
            message, mend = "is a text, which is no body in JSON", "write a mapping, or a template that gives JSON"
            self._findings.error(value.place, "bad-value", f"{value.place.key.rpartition('.')[2]!r} {message}", mend)
        return made

    def _program(self, value: Value, *, html: bool, whole: bool, as_json: bool = False) -> Program | None:
        try:
            program = self._files.library.html(value.text) if html else self._files.library.text(value.text)
        except UndefinedTemplate as error:
            self._undefined(value, error, whole=whole)
            return None
        except TemplateSyntaxError as error:
            self._findings.error(value.place_at(error.at), "bad-template", error.problem, error.mend)
            return None
        if failure := fault(program, as_json=as_json):
            instead = _NOTHING_SENT if whole else _STANDS
            message = f"for a sample group of two alerts it fails: {failure}; where it does, {instead}"
            self._findings.warning(value.place, "template-fails", message, "`alertrelay template render` tries a text")
        return program

    def _undefined(self, value: Value, error: UndefinedTemplate, *, whole: bool) -> None:
        """A warning, as our own text stands in its place; an error where nothing does."""
        mend = did_you_mean(error.name, error.known, "define it in a file of `templates:`")
        if self._files.missing:
            mend = f"put the file of {self._files.missing[0]!r} that defines it beside alertmanager.yml"
        place = value.place_at(error.at)
        if whole:
            self._findings.error(place, "no-template", error.problem, mend)
        else:
            self._findings.warning(place, "no-template", f"{error.problem}: {_STANDS}", mend)

    def _shared(self, program: Program) -> list[Any]:
        """Returns the tree of a text; templates that another text of the integration defines otherwise get a name of
        their own."""
        renamed: dict[str, str] = {}
        for name, tree in program.templates.items():
            own = name
            while self.templates.get(own, tree) != tree:
                own += "'"
            self.templates[own] = tree
            renamed[name] = own
        if all(name == own for name, own in renamed.items()):
            return program.main
        for name, own in renamed.items():
            self.templates[own] = list(_calling(program.templates[name], renamed))
        return list(_calling(program.main, renamed))


def walk(nodes: list[Any]) -> Iterator[Any]:
    """Yields each node of a tree, and each that stands within one."""
    for node in nodes:
        yield node
        if node[0] in ("if", "with", "range"):
            yield from walk([*node[3], *(node[4] or ())])


def _calling(nodes: list[Any], renamed: Mapping[str, str]) -> Iterator[Any]:
    """Yields a tree that calls templates by other names."""
    for node in nodes:
        if node[0] == "template":
            yield [*node[:2], renamed.get(node[2], node[2]), node[3]]
        elif node[0] in ("if", "with", "range"):
            inner = [list(_calling(part, renamed)) if part else part for part in node[3:]]
            yield [*node[:3], *inner]
        else:
            yield node
