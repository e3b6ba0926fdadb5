"""What `alertrelay serve` writes into its rows: everything that the store's values may hold."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

import pytest

from local.serve.codec import _CLASSES


def dataclasses_in(hint: Any) -> Iterator[type]:
    """The dataclasses that a type names, also within unions, mappings and tuples."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for part in typing.get_args(hint):
        yield from dataclasses_in(part)


@pytest.mark.parametrize("one", _CLASSES.values(), ids=_CLASSES.keys())
def test_a_field_holds_nothing_that_has_no_place_in_a_row(one: Any) -> None:
    """A receipt of a mail with outcomes by recipient had none: its flush failed at the record, and mailed again."""
    held = [found for hint in typing.get_type_hints(one).values() for found in dataclasses_in(hint)]
    assert [found.__name__ for found in held if found not in _CLASSES.values()] == []
