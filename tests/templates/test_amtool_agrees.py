from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alertrelay.render.templates.execute import render
from alertrelay.render.templates.reading import data_of

from compiler.templates.files import upstream_library
from compiler.templates.library import Library
from compiler.templates.syntax import TemplateSyntaxError
from tests.templates.amtool import DATA, DEFAULTS, rendered, texts

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
pytestmark = pytest.mark.needs_tool("amtool")
each_data_set = pytest.mark.parametrize("data", DATA, ids=lambda path: path.stem)


def _library() -> Library:
    """Upstream's own templates, read where Debian keeps them: none of their text stands in this repository."""
    library = Library()
    for path in DEFAULTS:
        library.add(path.name, path.read_text(encoding="utf-8"))
    return library


def _ours(source: str, data: Path, kind: str, library: Library) -> str:
    program = library.text(source) if kind == "text" else library.html(source)
    return render(program, data_of(json.loads(data.read_text(encoding="utf-8"))), now=NOW)


@each_data_set
@pytest.mark.parametrize("kind", ["text", "html"])
def test_each_text_comes_out_byte_for_byte_as_of_amtool(data: Path, kind: str) -> None:
    given, library = texts(f"{kind}s.tmpl"), _library()
    theirs = dict(zip(given, rendered(given.values(), data, kind), strict=True))
    assert {title: _ours(source, data, kind, library) for title, source in given.items()} == theirs


@each_data_set
def test_what_calls_an_upstream_template_by_name_says_what_upstream_says(data: Path) -> None:
    ours, theirs = upstream_library(), _library()
    lists = {"__text_alert_list", "pagerduty.default.instances"}
    named = [name for name in theirs.trees if name in ours.trees and not name.endswith((".tmpl", ".html"))]
    calls = [f'{{{{ template "{name}" {".Alerts" if name in lists else "."} }}}}' for name in named]
    assert len(calls) > 35
    assert [_ours(call, data, "text", ours) for call in calls] == rendered(calls, data)


HTML_ERRORS = [
    '<a href="{{ if .Status }}"{{ end }}>',
    "<a href='{{ .Status }}",
    "<script>var x = `{{ .Status }}`</script>",
    '<a href="{{ if .Status }}/x{{ else }}/y?{{ end }}{{ .Receiver }}">x</a>',
    "{{ .Status | html | printf }}",
    "<p title={{ .Status | html }}>",
    '<a b"c="{{ .Status }}">',
    "<a title=x'{{ .Status }}>",
    "{{ range .Alerts }}<a title='{{ end }}",
    "<script>var r = /[{{ .Status }}/</script>",
]
"""What Go refuses to escape."""


@pytest.mark.parametrize("source", HTML_ERRORS)
def test_what_amtool_refuses_as_html_is_refused_at_synth(source: str) -> None:
    data = DATA[0]
    with pytest.raises(AssertionError, match=r"amtool: error: (html/)?template"):
        rendered([source], data, "html")
    with pytest.raises(TemplateSyntaxError):
        _library().html(source)
