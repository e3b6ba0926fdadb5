"""The protocol's model: its small scopes hold, and every broken variant is caught. All scopes are minutes:
`python -m tools.protocol_model`."""

from __future__ import annotations

import pytest

from tools.protocol_model.__main__ import MOVE_BROKEN, broken, holding, main
from tools.protocol_model.explore import check
from tools.protocol_model.fallback import FALLBACK_BROKEN
from tools.protocol_model.group import Group
from tools.protocol_model.lost import LOST_BROKEN
from tools.protocol_model.scopes import SMALL
from tools.protocol_model.wakings import WAKING_BROKEN

OTHERS = tuple(name for name, _ in holding() if name.startswith(("move-", "fallback-", "lost-", "waking-")))


@pytest.mark.parametrize("name", SMALL)
def test_a_small_scope_of_a_group_holds(name: str) -> None:
    found = check(Group(SMALL[name][0]))
    assert not found.broken, "\n".join(found.trace)


@pytest.mark.parametrize("name", OTHERS)
def test_a_scope_of_another_model_holds(name: str) -> None:
    found = check(dict(holding())[name]())
    assert not found.broken, "\n".join(found.trace)


@pytest.mark.parametrize(("name", "flag"), [(name, flag) for name in SMALL for flag in SMALL[name][1]])
def test_a_group_without_one_rule_is_caught(name: str, flag: str) -> None:
    assert check(Group(SMALL[name][0], flag)).broken


@pytest.mark.parametrize(
    "name", [*FALLBACK_BROKEN, *LOST_BROKEN, *WAKING_BROKEN, *(f"move-{flag}" for flag in MOVE_BROKEN)]
)
def test_another_model_without_one_rule_is_caught(name: str) -> None:
    models = next(models for found, _, models in broken() if found == name)
    assert any(check(model()).broken for model in models)


def test_a_counterexample_is_shown_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["F6-lost-record"]) == 0
    assert "OUTAGE: own and is forgotten\n" in capsys.readouterr().out
