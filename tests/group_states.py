"""A group's state with single fields changed, whichever part of it they stand in."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from alertrelay.nflog.group_state import GroupHeader, Progress, Schedule, Stored

PARTS = {"schedule": Schedule, "progress": Progress, "stored": Stored}
Group = TypeVar("Group", bound=GroupHeader)


def changed(group: Group, **given: Any) -> Group:
    """The same group with other values of any of its fields."""
    for part, made in PARTS.items():
        names = {field.name for field in fields(made)} & given.keys()
        group = replace(group, **{part: replace(getattr(group, part), **{name: given.pop(name) for name in names})})
    return replace(group, **given)
