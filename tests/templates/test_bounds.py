from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.render.templates.budget import MAX_OUTPUT, RenderBudget, TemplateFailure
from alertrelay.render.templates.execute import Program, render
from alertrelay.render.templates.functions import FUNCTIONS
from alertrelay.render.templates.reading import data_of
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.templates.library import Library
from compiler.templates.parser import parse
from compiler.templates.syntax import TemplateSyntaxError
from tests.templates.amtool import DATA, texts

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MIXED = data_of(json.loads(next(path for path in DATA if path.stem == "mixed").read_text(encoding="utf-8")))
PIECES = sorted({piece for text in texts("texts.tmpl").values() for piece in text.split("\n") if "{{" in piece})


def _failure(source: str, budget: RenderBudget | None = None) -> str:
    with pytest.raises(TemplateFailure) as caught:
        render(Library().text(source), MIXED, now=NOW, budget=budget)
    return caught.value.text


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', "more than 40 deep"),
        ('{{ define "a" }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ template "a" . }}{{ end }}'
         '{{ template "a" . }}', "more than 40 deep"),
        ("{{ range 1000000000 }}{{ end }}", "more than 200,000 steps"),
        ('{{ range 10000 }}{{ printf "%01000d" 1 }}{{ end }}', "longer than 512 KiB"),
        ('{{ $x := "0123456789" }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}', "more than 512 KiB"),
        ("{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}", "more than"),
        ("{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}", "toJson"),
        ('{{ printf "%999999999d" 1 }}', "width"),
        ('{{ printf "%*d" 999999999 1 }}', "width"),
        ('{{ $x := printf "%90000d" 1 }}{{ range 9 }}{{ $x = reReplaceAll "" $x $x }}{{ end }}', "more than 512 KiB"),
        ("{{ match `(((a{1000}){1000}){1000}){1000}` `a` }}", "regular expression"),
    ],
)  # fmt: skip
def test_what_would_not_end_or_grow_without_end_is_stopped(source: str, says: str) -> None:
    assert says in _failure(source)


def test_a_pattern_that_backtracks_elsewhere_takes_linear_time_here() -> None:
    source = '{{ match "^(a+)+$" (printf "%100000s!" "a") }}{{ match "(x+x+)+y" (printf "%0100000d" 1) }}'
    assert render(Library().text(source), MIXED, now=NOW) == "falsefalse"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ range .Alerts }}{{ index .Labels 3 }}{{ end }}", "line 1: index of template.KV: the key is int, not"),
        ("\n\n{{ index .Alerts 7 }}", "line 3: an index is out of range: 7"),
        ("{{ .Nothing }}", "template.Data has no field or method 'Nothing'"),
        ("{{ .Status.X }}", "string has no field or method 'X'"),
        ("{{ range .Alerts }}{{ if lt .Labels.severity 3 }}x{{ end }}{{ end }}", "incompatible types"),
        ("{{ toUpper 3 }}", "toUpper takes a string here, not int"),
        ("{{ toUpper (safeHtml .Status) }}", "toUpper takes a string here, not template.HTML"),
        ('{{ .StartsAt.Format "x" }}', "no field or method 'StartsAt'"),
        ("{{ .Status 1 }}", "has arguments and is not a method"),
        ('{{ join "," .Alerts }}', "join takes a []string here, not template.Alerts"),
        ("{{ join `,` }}", "join takes 2 arguments, not 1"),
        ('{{ match "(" "x" }}', "regular expression"),
        ("{{ with $x := .Alerts }}{{ (index $x 0).Labels.Remove 1 }}{{ end }}", "Remove takes a []string"),
    ],
)  # fmt: skip
def test_what_fails_names_its_line_and_its_cause(source: str, says: str) -> None:
    assert says in _failure(source)


def _ends(program: Program, budget: RenderBudget) -> str:
    """Runs it: either output or words come out, and no other exception."""
    try:
        return render(program, MIXED, now=NOW, budget=budget)
    except TemplateFailure as failure:
        return failure.text


@settings(max_examples=120)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), min_size=1, max_size=5), st.integers(0, 3000))
def test_any_text_ends_within_its_budget_or_fails_in_words(pieces: list[str], steps: int) -> None:
    try:
        parsed = parse("".join(pieces), FUNCTIONS)
    except TemplateSyntaxError:
        return
    budget = RenderBudget(steps=steps, output=steps)
    program = Program(main=json.loads(json.dumps(parsed.main)), templates=parsed.defines)
    made = _ends(program, budget)
    assert len(made.encode("utf-8", "surrogateescape")) <= max(steps, 200)
    assert budget.steps >= -1000


NODES = st.recursive(
    st.sampled_from([["text", "x"], ["break"], ["continue"], ["action", 1, [[], False, [[["field", ["Alerts"]]]]]]]),
    lambda inner: st.tuples(
        st.sampled_from(["if", "with", "range"]), st.lists(inner, max_size=3), st.none() | st.lists(inner, max_size=2)
    ).map(lambda made: [made[0], 1, [[], False, [[["field", ["Alerts"]]]]], made[1], made[2]]),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.lists(NODES, max_size=3), st.sampled_from([{}, {"a": [["template", 1, "a", None]]}]))
def test_any_tree_ends(nodes: list[Any], templates: dict[str, Any]) -> None:
    calls = [["template", 1, name, None] for name in templates]
    assert len(_ends(Program(main=[*nodes, *calls], templates=templates), RenderBudget())) <= MAX_OUTPUT
