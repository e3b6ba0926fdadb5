"""What Lambda imports is there: the built layer, boto3 as the runtime has it, and nothing of this environment.

A package that only the development environment has would end every function at its import, and no other test would
see it: they all run where it is installed. The layer is therefore built for the Python that runs this test.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.config_files import environments
from compiler.load import load
from infra.assets import build_function, build_layer, build_packages, own_interpreter
from infra.synth import ROOT
from tests.example import CONFIG as SHIPPED

PROGRAM = Path(__file__).parent / "lambda_imports.py"


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield every statement, in functions too, but none that only a type checker reads."""
    for statement in body:
        yield statement
        checked = isinstance(statement, ast.If) and ast.unparse(statement.test).endswith("TYPE_CHECKING")
        for field in ("orelse",) if checked else ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, field, []))
        for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            yield from statements(part.body)


def imported(source: str) -> set[str]:
    """Return the modules that a source imports by their full names, at its top or when a function is called."""
    names: set[str] = set()
    for statement in statements(ast.parse(source).body):
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        if isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            names.add(statement.module)
    return names


def handlers() -> list[str]:
    return [f"lambdas.{path.stem}.handler" for path in sorted((ROOT / "lambdas").glob("[!_]*.py"))]


def import_alone(names: list[str], modules: list[str], folders: list[Path]) -> dict[str, dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(PROGRAM)],
        input=json.dumps({"folders": [str(folder) for folder in folders], "handlers": names, "modules": modules}),
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def folders() -> list[Path]:
    """The task root, the layer and the runtime's packages: what Lambda has on its path before the standard library."""
    environment = environments(SHIPPED)[0]
    loaded = load(SHIPPED, environment)
    assert loaded.config is not None
    own = own_interpreter()
    task_root = build_function(loaded.config, loaded.anomaly).path
    layer = build_layer(own).path / "python"
    return [task_root, layer, build_packages(ROOT / "requirements" / "lambda-runtime.txt", own).path]


@pytest.fixture(scope="module")
def importers(folders: list[Path]) -> dict[str, list[str]]:
    """The files that import a module, by its name, without the exceptions that are named above."""
    files: dict[str, list[str]] = {}
    for root, package in ((folders[1], "alertrelay"), (folders[0], "lambdas")):
        for source in sorted(root.joinpath(package).rglob("*.py")):
            place = source.relative_to(root).as_posix()
            for name in imported(source.read_text(encoding="utf-8")):
                files.setdefault(name, []).append(place)
    return files


@pytest.fixture(scope="module")
def found(folders: list[Path], importers: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    return import_alone(handlers(), sorted(importers), folders)


def test_every_handler_imports_with_only_the_layer_and_the_runtime(found: dict[str, dict[str, str]]) -> None:
    assert len(handlers()) >= 4
    assert [f"{name}: {found['failures'][name]}" for name in handlers() if name in found["failures"]] == []


def test_every_import_of_the_layer_is_there_in_lambda_however_late(
    found: dict[str, dict[str, str]], importers: dict[str, list[str]]
) -> None:
    assert len(importers) > 50
    faults = [
        f"{name}: {failure}, imported by {', '.join(importers.get(name, ['no module']))}"
        for name, failure in found["failures"].items()
        if name not in handlers()
    ]
    assert faults == []


def test_an_import_within_a_function_counts_and_one_for_the_type_checker_does_not() -> None:
    source = """
import a
if TYPE_CHECKING:
    import b
else:
    import c
def late():
    try:
        from d.e import f
    except ImportError:
        import g
    match a:
        case 1:
            import h
"""
    assert imported(source) == {"a", "c", "d.e", "g", "h"}


def test_nothing_is_loaded_from_outside_the_task_root_layer_and_runtime(found: dict[str, dict[str, str]]) -> None:
    assert found["strangers"] == {}
