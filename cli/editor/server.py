"""Serves the language server protocol: diagnostics, hover and completion for the four kinds of files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from alertrelay import __version__
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from cli.editor.cursor import cursor_at
from cli.editor.keys import ANY, ITEM, Doc, Kind, at
from compiler.buffer import examine_buffer
from compiler.config_files import ANOMALY, DELIVERY, ENVIRONMENTS
from compiler.reading.finding import Finding

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
_NAME = r"^\s*(?:-\s+)?name:\s*[\"']?([^\"'#\n]+?)[\"']?\s*(?:#.*)?$"


def make_server() -> LanguageServer:
    """Returns the server with its features."""
    server = LanguageServer("alertrelay", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)

    def publish(uri: str) -> None:
        document = server.workspace.get_text_document(uri)
        found = types.PublishDiagnosticsParams(uri=uri, version=document.version, diagnostics=diagnostics(document))
        server.text_document_publish_diagnostics(found)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        docs = docs_at(server.workspace.get_text_document(params.text_document.uri), params.position)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, docs)) if docs else None

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[":", " "]))
    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        return completions(server.workspace.get_text_document(params.text_document.uri), params.position)

    return server


def kind_of(path: Path) -> Kind:
    """Returns the kind of file by its name and folder; any other is taken for an Alertmanager file."""
    if path.name == DELIVERY:
        return "delivery"
    if path.name == ANOMALY:
        return "anomaly"
    return "environment" if path.parent.name == ENVIRONMENTS else "alertmanager"


def diagnostics(document: TextDocument) -> list[types.Diagnostic]:
    """Returns the findings of `alertrelay check` on a document as it stands."""
    today = datetime.now(UTC).date()
    found = examine_buffer(Path(document.path), document.source, today=today)
    return [_diagnostic(one, document.lines) for one in found]


def _diagnostic(finding: Finding, lines: Sequence[str]) -> types.Diagnostic:
    number = max(finding.line - 1, 0)
    text = lines[number].rstrip("\r\n") if number < len(lines) else ""
    start = min(max(finding.column - 1, 0), len(text))
    end = max(len(text.split(" #")[0].rstrip()), start)
    message = finding.message + (f"\n{finding.mend}" if finding.mend else "")
    return types.Diagnostic(
        range=types.Range(types.Position(number, _units(text[:start])), types.Position(number, _units(text[:end]))),
        message=message,
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        source="alertrelay",
    )


def _units(text: str) -> int:
    """The protocol counts in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _place(document: TextDocument, position: types.Position) -> tuple[list[str], int, int]:
    lines = [line.rstrip("\r\n") for line in document.lines]
    text = lines[position.line] if position.line < len(lines) else ""
    column = next((at for at in range(len(text) + 1) if _units(text[:at]) >= position.character), len(text))
    return lines, position.line, column


def docs_at(document: TextDocument, position: types.Position) -> str:
    """Returns what is known of the key in a line, "" for none."""
    cursor = cursor_at(*_place(document, position))
    key = at(kind_of(Path(document.path)), (*cursor.path, cursor.key)) if cursor.key else None
    return f"**{cursor.key}**\n\n{key.docs}" if key and key.docs else ""


def completions(document: TextDocument, position: types.Position) -> list[types.CompletionItem]:
    """Returns the keys that may stand where the cursor is, or the values of the key whose value it is at."""
    kind = kind_of(Path(document.path))
    cursor = cursor_at(*_place(document, position))
    if cursor.in_value and cursor.key:
        key = at(kind, (*cursor.path, cursor.key))
        return [_value(one) for one in _values(key, document.source)] if key else []
    key = at(kind, cursor.path)
    if key is None:
        return []
    if key.names or key.values:
        return [_value(one) for one in _values(key, document.source)]
    return [
        types.CompletionItem(
            label=name,
            kind=types.CompletionItemKind.Property,
            documentation=one.docs or None,
            insert_text=f"{name}: ",
        )
        for name, one in key.below.items()
        if name not in (ANY, ITEM)
    ]


def _value(text: str) -> types.CompletionItem:
    return types.CompletionItem(label=text, kind=types.CompletionItemKind.Value)


def _values(key: Doc, source: str) -> Iterator[str]:
    yield from key.values
    if key.names:
        yield from _named(source, key.names)


def _named(source: str, section: str) -> list[str]:
    """The names of receivers or intervals, as far as the file is written."""
    found = re.search(rf"^{section}:.*\n((?:[ \t#-].*\n?|\s*\n)*)", source, re.MULTILINE)
    return list(dict.fromkeys(re.findall(_NAME, found[1], re.MULTILINE))) if found else []
