"""What is wrong in an environment file stops the synthesis, with file, line and mend."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.node import use_packaged_node

use_packaged_node()

from infra.application import ConfigurationInvalid, load_valid  # noqa: E402 - starts node, which is found first

FAULTS = [
    ("class: db.m7g.xlarge", "class: db.m7g.xlagre", "unknown-class", "give `memory_gb: …` and `vcpus: …`"),
    ("  - id: orders-db", "  - id: orders_db", "bad-value", "as in orders-db"),
    ("  - id: sessions", "  - id: sessions-001", "node-id", "name the replication group, sessions"),
    ("cpu_percent: 70 #", "cpu_percent: 700 #", "out-of-range", "write a number from 0 to 100, in percent"),
    ("cpu_percent: 70 #", "cpu_prcent: 70 #", "unknown-key", "did you mean 'cpu_percent'?"),
    ("age_seconds: 900 #", "age_minutes: 15 #", "unknown-key", "age_seconds"),
    ("service: billing, team: commerce", 'service: "billing,orders", team: commerce', "bad-value", "as in checkout"),
    ("  - id: billing-db", "  - id: orders-db", "duplicate-id", "remove one of the two"),
    ("anomaly: [requests]", "anomaly: [reqests]", "bad-value", "did you mean 'requests'?"),
    ("    storage_gb: 400", "    storage_gigabytes: 400", "unknown-key", "did you mean 'storage_gb'?"),
    (
        "    must_not_evict: true",
        "    runbooks: {CacheHighMemory: rds-high-cup.md}",
        "no-runbook",
        "did you mean 'rds-high-cpu.md'?",
    ),
]


@pytest.fixture(name="folder")
def _folder(config_folder: Path) -> Path:
    """A copy of the shipped configuration, with a folder of runbooks beside it."""
    (config_folder.parent / "runbooks").mkdir()
    (config_folder.parent / "runbooks" / "rds-high-cpu.md").write_text("# RDSHighCPU\n")
    return config_folder


@pytest.mark.parametrize(("good", "bad", "code", "mend"), FAULTS)
def test_a_fault_stops_the_synthesis_where_it_stands(
    folder: Path, good: str, bad: str, code: str, mend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "environments" / "prod.yml"
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, bad, 1))
    line = text[: text.index(good)].count("\n") + 1
    with pytest.raises(ConfigurationInvalid) as caught:
        load_valid(folder, ["prod"], placeholders=True)
    (said,) = [said for said in str(caught.value).splitlines() if f": error {code}:" in said]
    assert said.startswith(f"{path}:{line}:")
    assert mend in said
    capsys.readouterr()


def test_a_catalogue_page_that_is_missing_is_a_warning(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the pages that the alarms name one exists here: all others are one warning with their number."""
    load_valid(folder, ["prod"], placeholders=True)
    warned = capsys.readouterr().err
    assert "warning no-runbook: runbooks/" in warned
    counted = re.search(r"warning no-runbook: .*does not exist; (\d+) findings of this kind", warned)
    assert counted
    (folder.parent / "runbooks" / "rds-low-memory.md").write_text("# RDSLowMemory\n")
    load_valid(folder, ["prod"], placeholders=True)
    assert f"does not exist; {int(counted[1]) - 1} findings of this kind" in capsys.readouterr().err
