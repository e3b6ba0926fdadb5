"""The layer brings its dataclasses and expressions compiled, and does without where they do not fit."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alertrelay.runtime import prepared

from infra import prepare_layer
from infra.assets import build_layer, own_interpreter
from infra.synth import ROOT

PROGRAM = """
import builtins, dataclasses, json, re, sys
sys.path[:0] = json.loads(sys.argv[1])
compiled = []
real = builtins.exec
def counted(code, *scopes):
    compiled.extend([code] if isinstance(code, str) else [])
    return real(code, *scopes)
builtins.exec = counted
usual = re._compiler.compile
def compiling(pattern, flags=0):
    compiled.append(pattern)
    return usual(pattern, flags)
re._compiler.compile = compiling
import lambdas.pagerduty_forwarder
from alertrelay.alert import Integration
one = Integration(receiver="r", channel="c", index=0)
other = dataclasses.replace(one, index=1)
for unused in ("jmespath", "zoneinfo", "typing_extensions", "calendar", "email.utils", "urllib3"):
    assert unused not in sys.modules, unused
print(json.dumps([len(compiled), repr(one), one == other, one == dataclasses.replace(one), hash(one) == hash(other)]))
"""
SAME = ["Integration(receiver='r', channel='c', index=0)", False, True, False]


@pytest.fixture(scope="module")
def layer() -> Path:
    return build_layer(own_interpreter()).path / "python"


def loaded(layer: Path) -> tuple[int, list[object]]:
    """Returns how many texts were compiled in a new process, and what became of a class."""
    folders = json.dumps([str(layer), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, folders], capture_output=True, text=True, check=True, cwd=layer
    )
    count, *found = json.loads(done.stdout)
    return count, found


def test_no_class_of_a_forwarder_is_compiled_at_its_start(layer: Path) -> None:
    file = layer / "alertrelay" / "runtime" / "prepared.bin"
    assert file.read_bytes().startswith(prepared._MADE_BY)
    count, found = loaded(layer)
    assert found == SAME
    assert count < 5  # namedtuples compile what is no dataclass


def copied(layer: Path, folder: Path, content: bytes | None) -> Path:
    """Returns a folder with the layer's packages, of which alertrelay has another file of codes, or none."""
    for package in layer.iterdir():
        if package.name != "alertrelay":
            (folder / package.name).symlink_to(package)
    own = folder / "alertrelay"
    own.mkdir()
    for part in (layer / "alertrelay").iterdir():
        if part.name != "runtime":
            (own / part.name).symlink_to(part)
    (own / "runtime").mkdir()
    for part in (layer / "alertrelay" / "runtime").glob("*.py"):
        (own / "runtime" / part.name).write_bytes(part.read_bytes())
    if content is not None:
        (own / "runtime" / "prepared.bin").write_bytes(content)
    return folder


MAGIC = prepared._MADE_BY


@pytest.mark.parametrize(
    "content",
    [None, b"", b"\x00\x01\r\n another", MAGIC, MAGIC + b"{\x00damaged"],
    ids=["absent", "empty", "another version", "cut", "damaged"],
)
def test_a_file_that_does_not_fit_is_passed_over(layer: Path, tmp_path: Path, content: bytes | None) -> None:
    count, found = loaded(copied(layer, tmp_path, content))
    assert found == SAME
    assert count > 50


@pytest.fixture
def unpatched() -> Iterator[None]:
    compiler: Any = re._compiler  # type: ignore[attr-defined]
    before, usual, sre = vars(dataclasses).get("exec"), compiler.compile, compiler._sre
    yield
    compiler.compile, compiler._sre = usual, sre
    if before is None:
        vars(dataclasses).pop("exec", None)
    else:
        dataclasses.exec = before  # type: ignore[attr-defined]


def test_only_exactly_the_text_that_was_compiled_takes_the_kept_code(tmp_path: Path, unpatched: None) -> None:
    code = compile("found.append('kept')", "<string>", "exec")
    file = tmp_path / "codes.bin"
    file.write_bytes(prepared.packed({prepared.digest("found.append('text')"): code}, {}, {}))
    prepared.install(file)
    found: list[str] = []
    for text in ("found.append('text')", "found.append('text') "):
        dataclasses.exec(text, {"found": found})  # type: ignore[attr-defined]
    assert found == ["kept", "text"]


def test_an_expression_that_was_compiled_elsewhere_matches_as_it_would(tmp_path: Path, unpatched: None) -> None:
    texts: list[tuple[str | bytes, int]] = [
        (r"(?P<name>a+)(b)?", 0), (r"[^\W_]+ü", re.IGNORECASE), (r"^x.y$", re.DOTALL | re.MULTILINE), (b"\\d+", 0),
    ]  # fmt: skip
    noted = prepare_layer.Noted()
    noted.watch()
    usual = [noted._compile(*text) for text in texts]
    file = tmp_path / "codes.bin"
    file.write_bytes(prepared.packed({b"": compile("", "", "exec")}, noted.patterns, {}))
    prepared.install(file)
    kept = [re._compiler.compile(*text) for text in texts]  # type: ignore[attr-defined]
    assert kept == usual
    assert [one.flags for one in kept] == [one.flags for one in usual]
    assert kept[0].match("aab").groupdict() == {"name": "aa"}
    assert (kept[1].match("Äü") is None) == (usual[1].match("Äü") is None)
    assert kept[3].findall(b"1 22") == [b"1", b"22"]
    assert re._compiler.compile("never kept").match("never kept")  # type: ignore[attr-defined]
