"""A library is imported without some of its modules, and has them as soon as it uses one."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alertrelay.runtime.postponed import postponed

FILES = {
    "heavy_words.py": "NotRequired = 'another'\nASKED = 'asked'\n",
    "heavy_query.py": "def query(text): return text.upper()\n",
    "uses_both.py": "import heavy_query\nfrom heavy_words import NotRequired\nask = lambda t: heavy_query.query(t)\n",
}


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    names = [name.removesuffix(".py") for name in FILES]
    yield names
    for name in names:
        sys.modules.pop(name, None)


def imported(name: str) -> Any:
    return __import__(name)


def test_what_is_postponed_is_loaded_when_it_is_used(names: list[str]) -> None:
    with postponed("heavy_words", "heavy_query"):
        uses = imported("uses_both")
    assert uses.NotRequired is typing.NotRequired
    assert not {"heavy_words", "heavy_query"} & set(sys.modules)
    assert uses.ask("a") == "A"
    assert "heavy_query" in sys.modules


def test_another_import_gets_the_module_itself(names: list[str]) -> None:
    with postponed("heavy_words"):
        imported("uses_both")
    assert imported("heavy_words").NotRequired == "another"


def test_a_name_that_typing_lacks_loads_the_module(names: list[str]) -> None:
    with postponed("heavy_words"):
        from heavy_words import ASKED  # type: ignore[import-not-found]  # made above
    assert ASKED == "asked"


def test_what_is_loaded_already_stays(names: list[str]) -> None:
    before = imported("heavy_words")
    with postponed("heavy_words"):
        assert imported("uses_both").NotRequired == "another"
    assert sys.modules["heavy_words"] is before


def test_a_name_that_is_nowhere_is_an_error_as_usual(names: list[str]) -> None:
    with postponed("heavy_query"):
        uses = imported("uses_both")
    with pytest.raises(AttributeError, match="heavy_query"):
        _ = uses.heavy_query.nothing
