"""A ledger that is too large for its header is cut into chunks and joined again, or recognised as lost."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from alertrelay.nflog.chunks import INLINE_ALERTS, cut, joined, kept, spills
from alertrelay.nflog.ledger import ALERT_SETS, Ledger, ledger_from_json, ledger_json


def keys(size: int) -> frozenset[str]:
    """Hashes as they are: no two alike, in no order."""
    return frozenset(f"{(n + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(size))


@pytest.mark.parametrize("name", ALERT_SETS)
def test_a_ledger_spills_by_the_alerts_in_all_its_sets(name: str) -> None:
    most = replace(Ledger(), **{name: keys(INLINE_ALERTS)})  # type: ignore[arg-type] # of alerts
    assert not spills(most)
    assert spills(replace(Ledger(), **{name: keys(INLINE_ALERTS + 1)}))  # type: ignore[arg-type] # of alerts
    assert spills(replace(most, **{"unsure" if name != "unsure" else "storm": keys(1)}))  # type: ignore[arg-type]


def test_what_spills_is_joined_from_its_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alertrelay.nflog.chunks.CHUNK_BYTES", 500)
    told = Ledger(firing=keys(900), unsure=keys(20), dedup_key="d" * 64)
    spill, chunks = cut(told, "flush")
    assert len(chunks) == spill.count > 10
    assert spill.chunks[10] == f"flush#{spill.digest[:8]}#10", "in the order of their numbers, not of their names"
    assert joined(spill, chunks) == told


def test_chunks_of_another_ledger_are_not_taken_for_this_one() -> None:
    spill, _ = cut(Ledger(firing=keys(300)), "flush")
    _, others = cut(Ledger(firing=keys(299)), "flush")
    assert joined(spill, others) is None
    assert joined(spill, [b""]) is None
    assert joined(spill, [others[0][:-9]]) is None


def test_two_flushes_that_notify_nothing_new_have_ledgers_of_one_digest() -> None:
    first, _ = cut(Ledger(firing=keys(300)), "one")
    second, _ = cut(Ledger(firing=frozenset(sorted(keys(300), reverse=True))), "two")
    assert (first.digest, first.flush != second.flush) == (second.digest, True)


def test_what_stays_in_the_header_is_what_an_end_needs() -> None:
    told = Ledger(
        firing=keys(300), dedup_key="d" * 64, fallbacks=frozenset({"a/slack/0"}), fallbacks_owed=frozenset({"b/sns/1"})
    )
    assert kept(told) == replace(told, firing=frozenset())


@pytest.mark.parametrize("size", [0, 20, 21, 250])
def test_a_set_of_any_size_is_read_back_packed_or_not(size: int) -> None:
    told = Ledger(firing=keys(size), fallbacks=frozenset(f"receiver-{n}/slack/0" for n in range(30)))
    assert ledger_from_json(json.loads(json.dumps(ledger_json(told)))) == told
