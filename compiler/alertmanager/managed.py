"""Reads the definition that Amazon Managed Service for Prometheus takes: an alertmanager.yml inside of a file.

Its keys: `alertmanager_config`, the file as a text, and `template_files`, the text of each template by its name.
Source: docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-config.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from compiler.alertmanager.wrapped import what_it_is
from compiler.reading.finding import Findings
from compiler.reading.section import section_of
from compiler.reading.yamlfile import Value, decoded, parse

CONFIG, TEMPLATES = "alertmanager_config", "template_files"


def read_alertmanager(path: Path, findings: Findings) -> Value | None:
    """Returns the root value as `yamlfile.read` does; of a definition, that of the file inside, with its places."""
    text = decoded(path, findings)
    return None if text is None else parse_alertmanager_text(text, findings, file=str(path))


def parse_alertmanager_text(text: str, findings: Findings, *, file: str) -> Value | None:
    """Parses as `read_alertmanager` does, from text."""
    root = parse(text, findings, file=file)
    if root is not None and (other := what_it_is(root)):
        findings.error(root.place, "no-alertmanager-file", *other)
        return None
    if root is None or not isinstance(root.data, Mapping) or CONFIG not in root.data:
        return root
    section_of(root, (CONFIG, TEMPLATES), findings)
    config = root.data[CONFIG]
    if not isinstance(config.data, str) or not config.data.strip():
        mend = f"write `{CONFIG}: |`, and the file below it, indented"
        findings.error(config.place, "wrong-type", f"expected a text, got {config.kind}", mend)
        return None
    message = "is a definition of Managed Prometheus: the file inside is read"
    findings.info(root.place, "managed-prometheus", message, "`alertrelay check --fix` makes a plain file of it")
    return parse(_in_place(text, config), findings, file=file)


def _in_place(text: str, config: Value) -> str:
    """Returns the inner file at the lines and columns of the outer one, so that findings name those.

    A text that does not begin on a line of its own is taken as it is, with places of its own.
    """
    lines = text.splitlines(keepends=True)
    header = lines[config.place.line - 1][config.place.column - 1 :]
    if not header.startswith("|"):
        return config.text
    body = []
    indent = None
    for line in lines[config.place.line :]:
        bare = line.lstrip(" ")
        here = len(line) - len(bare)
        if bare.strip():
            indent = here if indent is None else indent
            if here < indent:
                break
        body.append(line)
    return "\n" * config.place.line + "".join(body)
