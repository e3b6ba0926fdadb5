"""What the wheel's build does to imports, and what it refuses."""

from __future__ import annotations

import pytest

from tools.wheel_hook import moved


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from infra import synth\n", "from alertrelay.infra import synth\n"),
        ("from cli.cloud import (\n    Client,\n)\n", "from alertrelay.cli.cloud import (\n    Client,\n)\n"),
        ("import lambdas\n", "from alertrelay import lambdas\n"),
        ("def f():\n    from local.stack import day\n", "def f():\n    from alertrelay.local.stack import day\n"),
        ("é = 1; from local import x\n", "é = 1; from alertrelay.local import x\n"),
        ('"""from infra import x"""\n', '"""from infra import x"""\n'),
        ("from alertrelay.config import x\n", "from alertrelay.config import x\n"),
        ("from information import infra\n", "from information import infra\n"),
        ("from . import infra\n", "from . import infra\n"),
        ("import json\n", "import json\n"),
    ],
)
def test_imports_of_the_repository_move_and_nothing_else_does(before: str, after: str) -> None:
    assert moved(before.encode(), "x.py").decode() == after


@pytest.mark.parametrize(
    "source",
    [
        "import infra.synth\n",
        "import json, infra\n",
        'importlib.import_module(f"cli.{name}")\n',
        'import_module("local")\n',
    ],
)
def test_an_import_that_cannot_move_stops_the_build_with_file_and_line(source: str) -> None:
    with pytest.raises(ValueError, match=r"cli/x\.py:2: the wheel cannot move"):
        moved(f"\n{source}".encode(), "cli/x.py")
