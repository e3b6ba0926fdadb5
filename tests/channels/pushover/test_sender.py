from __future__ import annotations

import pytest
from alertrelay.ports import Retryable

from local.standins.pushover import PEER
from tests.channels.sending import sending

TAG = "3f1d8a5b0c7e9d2468ace13579bdf02468ace13579bdf0123456789abcdef012"


def test_the_phones_stop_ringing_before_the_resolve_is_sent() -> None:
    with sending("pushover") as service:
        service.send()
        rings = service.last.body
        service.send("resolved")
    assert (rings["priority"], rings["retry"], rings["expire"], rings["tags"]) == (2, 60, 3600, TAG)
    assert service.asked == [
        "POST /1/messages.json",
        f"POST /1/receipts/cancel_by_tag/{TAG}.json",
        "POST /1/messages.json",
    ]
    assert service.last.body["priority"] == 0
    assert "cancel" not in service.last.body


def test_a_cancel_that_fails_keeps_no_resolve_back() -> None:
    with sending("pushover") as service:
        service.fail(404)
        service.send("resolved")
    assert service.last.taken


def test_the_phones_only_stop_ringing_when_somebody_acknowledges_it() -> None:
    with sending("pushover") as service:
        service.send("acknowledged")
        assert service.asked == [f"POST /1/receipts/cancel_by_tag/{TAG}.json"]
        assert PEER.headline(service.last.body) == "an emergency is cancelled"
        service.fail(503)
        with pytest.raises(Retryable):
            service.send("acknowledged")
    with sending("pushover", priority="1") as quiet:  # nothing rings on
        assert not quiet.settings.acknowledges


@pytest.mark.parametrize(("retry", "expire", "sent"), [(5, 99_999, (30, 10_800)), (90, 600, (90, 600))])
def test_an_emergency_is_within_the_bounds_of_the_service(retry: int, expire: int, sent: tuple[int, int]) -> None:
    with sending("pushover", retry=retry, expire=expire) as service:
        service.send()
    assert (service.last.body["retry"], service.last.body["expire"]) == sent


def test_another_priority_has_a_time_to_live_and_no_retry() -> None:
    with sending("pushover", priority="1", ttl=600, sound="siren", device="phone") as service:
        service.send()
    assert {name: service.last.body.get(name) for name in ("priority", "ttl", "sound", "device", "retry")} == {
        "priority": 1,
        "ttl": 600,
        "sound": "siren",
        "device": "phone",
        "retry": None,
    }
