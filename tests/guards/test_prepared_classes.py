"""The classes that the layer brings are those that `dataclasses` would make, on the Python of the layer."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.assets import RUNTIME, build_layer, lambda_interpreter, working_python
from tests.guards.test_prepared_code import copied

PROGRAM = """
import copy, dataclasses, importlib, inspect, json, pickle, re, sys
sys.path.insert(0, sys.argv[1])
from alertrelay.runtime import prepared

def described(cls):
    fields = [
        (f.name, f.type, repr(f.default), repr(f.default_factory), f.init, f.repr, f.hash, f.compare, f.kw_only)
        for f in dataclasses.fields(cls)
    ]
    inherited = type("Inherited", (cls,), {})
    return {
        "fields": fields,
        "inherits": [f.name for f in dataclasses.fields(inherited)] == [f[0] for f in fields],
        "params": repr(cls.__dataclass_params__),
        "signature": str(inspect.signature(cls)),
        "attributes": sorted(vars(cls)),
        "slots": cls.__slots__,
        "names": [cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__],
        "match": getattr(cls, "__match_args__", None),
        "hashes": cls.__hash__ is not None,
        "methods": {name: one.__qualname__ for name, one in vars(cls).items() if inspect.isfunction(one)},
        "used": used(cls, fields),
    }

def used(cls, fields):
    one, other = (cls.__new__(cls) for _ in range(2))
    found = []
    for name, *_ in fields:
        object.__setattr__(one, name, name)
        object.__setattr__(other, name, name)
    attempts = {
        "repr": lambda: repr(one), "eq": lambda: (one == other, one != other, one == 1),
        "hash": lambda: hash(one) == hash(other),
        "set": lambda: setattr(other, fields[0][0], 1), "new": lambda: setattr(other, "nothing", 1),
        "delete": lambda: delattr(other, fields[0][0]), "asdict": lambda: dataclasses.asdict(one),
        "pickle": lambda: repr(pickle.loads(pickle.dumps(one))), "copy": lambda: repr(copy.copy(one)),
        "replace": lambda: repr(dataclasses.replace(one, **{fields[0][0]: 2})), "make": lambda: cls(),
    }
    for name, attempt in attempts.items():
        try:
            found.append((name, repr(attempt())))
        except Exception as error:
            found.append((name, f"{type(error).__name__}: {error}"))
    return found

result = {}
for name in json.loads(sys.argv[2]) or prepared.unpacked(prepared.FILE.read_bytes()).classes:
    module, _, rest = name.rpartition(".")
    result[name] = described(getattr(importlib.import_module(module), rest))
print(re.sub(" at 0x[0-9a-f]+", "", json.dumps(result)))
"""


def described(layer: Path, names: list[str]) -> dict[str, Any]:
    """Returns all that can be seen of some classes in a new process; of those that the layer brings, where none is
    named."""
    python = working_python(RUNTIME)
    command = [str(python), "-c", PROGRAM, str(layer), json.dumps(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=layer)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(working_python(RUNTIME) is None, reason=f"no Python {RUNTIME}, which the layer is for")
def test_a_class_that_the_layer_brings_is_the_one_that_dataclasses_makes(tmp_path: Path) -> None:
    arch = "arm64" if platform.machine() == "aarch64" else "x86_64"
    layer = build_layer(lambda_interpreter(arch)).path / "python"
    brought = described(layer, [])
    assert len(brought) > 100
    made = described(copied(layer, tmp_path, None), sorted(brought))
    for name, one in made.items():
        assert brought[name] == one, name
