"""docs/scale.md has the table that the cost model gives today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import scale

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"


def test_the_page_has_the_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["scale"])
    assert scale.main() == 0
    table = capsys.readouterr().out.partition("\n\n")[0]
    assert table in PAGE.read_text(encoding="utf-8"), "python -m tools.scale prints it"


def test_a_timeline_has_its_alerts_second_by_second() -> None:
    made = scale.timeline(3, seconds=2)
    assert [at for at, _ in made] == [0, 1]
    assert [len(alerts) for _, alerts in made if isinstance(alerts, list)] == [3, 3]
