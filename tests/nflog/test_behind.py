"""What recipients are owed, as it is decided and as it is stored."""

from __future__ import annotations

from datetime import UTC, datetime

from alertrelay.nflog.behind import Behind, owed_to, without_alerts
from alertrelay.nflog.ledger import Ledger, ledger_from_json, ledger_json, merged
from hypothesis import given
from hypothesis import strategies as st

SINCE = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
NOTHING: frozenset[str] = frozenset()


def keys(*names: str) -> frozenset[str]:
    return frozenset(name * 16 for name in names)


some = st.frozensets(st.sampled_from([letter * 16 for letter in "abcdef"]))
entries = st.builds(
    Behind,
    since=st.just(SINCE),
    tries=st.integers(1, 400),
    firing=some,
    unsure=some,
    events=some,
    repeats=st.booleans(),
)


@given(behind=st.dictionaries(st.sampled_from(["0a1b2c3d4e5f", "ffffffffffff"]), entries), refused=some)
def test_a_ledger_with_recipients_reads_back(behind: dict[str, Behind], refused: frozenset[str]) -> None:
    ledger = Ledger(firing=keys("a"), behind=behind, refused=refused)
    assert ledger_from_json(ledger_json(ledger)) == ledger


def test_a_ledger_of_an_earlier_version_has_nobody_behind() -> None:
    found = ledger_from_json({"firing": ["a" * 16], "fallbacks_owed": ["mail/email/0"], "dedup_key": "k"})
    assert found == Ledger(firing=keys("a"), fallbacks_owed=frozenset({"mail/email/0"}), dedup_key="k")


def test_a_ledger_without_recipients_is_stored_as_before() -> None:
    assert ledger_json(Ledger(firing=keys("a"))) == {"firing": ["a" * 16]}


def test_who_knows_what_all_know_is_owed_nothing() -> None:
    owed = owed_to(
        Behind(since=SINCE, firing=keys("a")), announced=keys("a"), shown=keys("a"), events=NOTHING, resolves=True
    )
    assert not owed.now
    assert not owed.later


def test_what_is_muted_now_is_owed_later_and_what_may_be_known_is_resolved() -> None:
    one = Behind(since=SINCE, firing=keys("a"), unsure=keys("b"), events=keys("e", "f"))
    owed = owed_to(one, announced=keys("c", "d"), shown=keys("c"), events=keys("e"), resolves=True)
    assert (owed.new, owed.later, owed.resolved, owed.events) == (keys("c"), keys("d"), keys("a", "b"), keys("e"))
    silent = owed_to(one, announced=keys("c", "d"), shown=keys("c"), events=keys("e"), resolves=False)
    assert silent.resolved == NOTHING


def test_resolves_that_a_digest_took_over_are_not_owed() -> None:
    behind = without_alerts({"x": Behind(since=SINCE, firing=keys("a", "b"), unsure=keys("c"))}, keys("a", "c"))
    assert behind == {"x": Behind(since=SINCE, firing=keys("b"))}


def test_a_ledger_that_is_merged_keeps_who_is_behind_and_is_open() -> None:
    one = Ledger(behind={"x": Behind(since=SINCE)})
    assert merged(Ledger(firing=keys("a")), one).behind == one.behind
    assert one.open
