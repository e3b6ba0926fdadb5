from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import Value, parse, read


def _parse(text: str) -> tuple[Value | None, tuple[Finding, ...]]:
    findings = Findings()
    return parse(text, findings, file="f.yml"), findings.sorted()


def _at(value: Value | None, *way: str | int) -> Value:
    assert value is not None
    for step in way:
        if isinstance(step, int):
            assert isinstance(value.data, tuple)
            value = value.data[step]
        else:
            assert isinstance(value.data, Mapping)
            value = value.data[step]
    return value


def test_every_value_knows_its_line_column_and_dotted_key() -> None:
    root, _ = _parse("a:\n  - b: 1\n    c: [x, y]\n")
    place = _at(root, "a", 0, "c", 1).place
    assert (place.line, place.column, place.key) == (3, 12, "a[0].c[1]")


def test_a_scalar_keeps_how_it_was_written() -> None:
    root, _ = _parse("a: 05\nb: yes\nc: 17:00\nd: 1.50\ne: 2026-11-20\nf: ~\n")
    assert [_at(root, key).text for key in "abcdef"] == ["05", "yes", "17:00", "1.50", "2026-11-20", ""]
    assert [_at(root, key).data for key in "abcdef"] == [5, True, 1020, 1.5, "2026-11-20", None]


def test_a_key_that_stands_twice_is_an_error_at_the_second() -> None:
    _, (found,) = _parse("route:\n  receiver: a\n  receiver: b\n")
    assert (found.code, found.line, found.key, found.severity) == ("duplicate-key", 3, "route.receiver", "error")
    assert "line 2" in found.message


def test_merge_keys_bring_values_that_own_keys_override() -> None:
    root, findings = _parse("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nall: {<<: [*b, *m], x: 9}\n")
    merged = _at(root, "all").data
    assert isinstance(merged, Mapping)
    assert {k: v.data for k, v in merged.items()} == {"x": 9, "y": 2, "z": 4}
    assert findings == ()


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: [1, 2\nb: 3\n", "yaml", 2),
        ("a: b: c\n", "yaml", 1),
        ("a: *nowhere\n", "yaml", 1),
        ("a: 1\n---\nb: 2\n", "yaml", 2),
        ("a: !!python/object:os.system x\n", "yaml", 1),
        ("a: !!int x\n", "yaml", 1),
        ("a: \x00\n", "yaml", 1),
        ('a: "\\ud800"\n', "yaml", 1),
        ('"\\udc00": a\n', "yaml", 1),
        ("a: {<<: 1}\n", "yaml", 1),
        ("? [1, 2]\n: 3\n", "yaml", 1),
        ("a: &x [*x]\n", "yaml", 1),
        ("# only a comment\n", "empty", 1),
        ("", "empty", 1),
        ("[" * 5000, "yaml", 1),
    ],
)
def test_broken_yaml_is_one_error_with_its_line(text: str, code: str, line: int) -> None:
    value, findings = _parse(text)
    assert value is None
    assert [(f.code, f.line, f.severity) for f in findings] == [(code, line, "error")]


def test_aliases_of_aliases_are_refused_before_they_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    value, (found,) = _parse("\n".join(lines))
    assert value is None
    assert "aliases" in found.mend


def test_a_file_in_another_encoding_is_a_finding_at_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "f.yml"
    path.write_bytes("a: 1\nb: Müller\n".encode("latin-1"))
    findings = Findings()
    assert read(path, findings) is None
    assert [(f.code, f.line, f.column) for f in findings.sorted()] == [("encoding", 2, 5)]


def test_a_byte_order_mark_is_forgiven(tmp_path: Path) -> None:
    path = tmp_path / "f.yml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert _at(read(path, Findings()), "a").data == 1


def test_a_missing_file_and_a_folder_are_unreadable(tmp_path: Path) -> None:
    findings = Findings()
    assert read(tmp_path / "nothing.yml", findings) is None
    assert read(tmp_path, findings) is None
    assert {f.code for f in findings.sorted()} == {"unreadable"}


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_no_text_raises(text: str) -> None:
    value, findings = _parse(text)
    assert value is not None or findings


@given(st.text(alphabet="{}[]:-,&*!|>'\"#%@`a1 \n\t~<", max_size=40))
def test_no_punctuation_raises(text: str) -> None:
    value, findings = _parse(text)
    assert value is not None or findings


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: c}\n# é\nd: [1, 0x1f, 1.5, yes, ~, 2026-01-01]\n",
        "x: &x {k: v}\ny: {<<: *x, w: '日本'}\nz: |\n  two\n  lines\n",
        'matchers: [severity!="info", a=~"b|c"]\n? long key\n: value\n',
        "plain: a\tb\n",
        "tag: !!str 5\nown: !x y\n",
        "{a: [}\n",
        "a: b: c\n",
    ],
)
def test_libyaml_and_pyyaml_read_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed() -> tuple[object, object]:
        findings = Findings()
        return parse(text, findings, file="f"), findings.sorted()

    quick = parsed()
    monkeypatch.setattr("yaml.__with_libyaml__", False)
    assert parsed() == quick


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "[\n" * 100_000, "? " * 100_000])
def test_nesting_without_a_bound_is_a_finding(text: str) -> None:
    # libyaml's loader would end the process.
    findings = Findings()
    assert parse(text, findings, file="f") is None
    assert findings.failed
