"""Finds and reads the files that `templates:` of alertmanager.yml names.

A path is Alertmanager's: relative to the file, or absolute on its host. Where an absolute one has nothing here, files
of its last two parts, or of its last, are looked for beside alertmanager.yml.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from compiler.reading.finding import Findings, Place
from compiler.reading.yamlfile import Value
from compiler.templates.library import Library
from compiler.templates.syntax import TemplateSyntaxError, spot_of
from compiler.templates.upstream import SOURCE

MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """The templates of a configuration. `defined` are the names that its own files define; `missing` are the patterns
    of `templates:` that no file here matches."""

    library: Library
    defined: frozenset[str] = frozenset()
    missing: tuple[str, ...] = field(default=())


def upstream_library() -> Library:
    """Returns equivalents of the templates that Alertmanager itself defines."""
    library = Library()
    library.add("default.tmpl", SOURCE)
    return library


def read_templates(patterns: tuple[Value, ...], findings: Findings) -> TemplateFiles:
    """Reads the files of all patterns; each fault is a finding in that file."""
    library, missing = upstream_library(), list[str]()
    known = dict(library.trees)
    for pattern in patterns:
        paths = _matching(pattern.text, Path(pattern.place.file).parent)
        if not paths:
            missing.append(pattern.text)
            message = f"{pattern.text!r} matches no file here"
            mend = "put the files beside alertmanager.yml under the same name, so that texts can call their templates"
            findings.warning(pattern.place, "no-template-file", message, mend)
        for path in paths:
            _add(library, path, findings)
    own = frozenset(name for name, tree in library.trees.items() if known.get(name) is not tree)
    return TemplateFiles(library, own, tuple(missing))


def _matching(pattern: str, folder: Path) -> list[Path]:
    parts = PurePosixPath(pattern).parts
    tried = [folder / pattern]  # an absolute pattern stays itself
    if pattern.startswith("/"):
        tried += [folder / Path(*parts[-2:]), folder / parts[-1]] if len(parts) > 2 else [folder / parts[-1]]
    for one in tried:
        found = sorted(path for path in map(Path, glob.glob(str(one))) if path.is_file())  # noqa: PTH207 - Go's syntax
        if found:
            return found
    return []


def _add(library: Library, path: Path, findings: Findings) -> None:
    place = Place(file=str(path))
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        findings.error(place, "unreadable", f"cannot be read: {error.strerror or error}", "let it be read")
        return
    except UnicodeDecodeError:
        findings.error(place, "encoding", "is not UTF-8", "save the file as UTF-8")
        return
    if len(raw) > MOST_BYTES:
        message = f"is longer than {MOST_BYTES:,} bytes"
        findings.error(place, "too-long", message, "a template ships with each function: make it shorter")
        return
    try:
        library.add(path.name, text)
    except TemplateSyntaxError as error:
        spot = spot_of(text, error.at)
        found = Place(file=str(path), line=spot.line, column=spot.column)
        findings.error(found, "bad-template", error.problem, error.mend)
