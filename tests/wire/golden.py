"""The golden files, and the function that produces each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.wire import forms, names, scenarios, scorer

GOLDEN = Path(__file__).parent / "golden"
PRODUCERS: Mapping[str, Callable[[], str]] = {
    **{name: partial(scenarios.run, steps) for name, steps in scenarios.SCENARIOS.items()},
    "scorer": scorer.run,
    "forms-of-bodies": forms.bodies,
    "forms-of-items": forms.items,
    "names": names.all_names,
}
