"""`make bench`: its page, its anchors, and what it reads of a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from tools.bench import page
from tools.bench.cold_start import ANCHOR_NAMES, ANCHORS, RESULTS, StartFigures
from tools.bench.processes import cpu_ms, peak_mb, runtime_of


def test_the_page_shows_the_figures_of_the_last_run_that_was_kept() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.replaced(text, json.loads(RESULTS.read_text(encoding="utf-8"))) == text


def test_a_kept_run_is_a_median_of_nine_with_every_forwarder_and_anchor() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert results["rounds"] >= 9
    whole = results["memory"][page.WHOLE]
    assert set(ANCHOR_NAMES.values()) < set(whole)
    assert len(whole) >= len(ANCHOR_NAMES) + 3
    assert {frozenset(one) for one in whole.values()} == {frozenset(StartFigures.__slots__)}


def test_a_ratio_is_to_the_stand_in_of_the_same_run() -> None:
    one = dict.fromkeys(StartFigures.__slots__, 100.0)
    results = {
        "machine": "m",
        "rounds": 9,
        "memory": {page.WHOLE: {page.ANCHOR: one, "ours": {**one, "cpu": 55.0}}},
        "moto": {},
    }
    assert "| ours | 55 ms | 0.55 |" in page.table(results)


def test_every_anchor_has_its_file() -> None:
    assert {path.stem for path in ANCHORS.glob("[!_]*.py")} == set(ANCHOR_NAMES)


def test_a_process_has_taken_time_and_memory() -> None:
    before = cpu_ms(os.getpid())
    until = time.process_time() + 0.05
    while time.process_time() < until:  # the kernel counts by its own ticks
        continue
    assert cpu_ms(os.getpid()) > before > 0
    assert peak_mb(os.getpid()) > 1


def test_the_runtime_is_found_below_the_emulator_and_nothing_else_is() -> None:
    program = "import sys; print('here', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, "awslambdaric"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"here\n"
        try:
            assert runtime_of(os.getpid()) == process.pid
        finally:
            process.communicate()
    assert runtime_of(os.getpid()) is None


def test_a_process_that_has_ended_has_no_memory_to_read() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        assert cpu_ms(process.pid) == 0
        with pytest.raises((ValueError, FileNotFoundError)):
            peak_mb(process.pid)
