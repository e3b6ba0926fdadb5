from __future__ import annotations

import pytest

from tests.channels.sending import sending

ALIAS = "3f1d8a5b0c7e9d2468ace13579bdf02468ace13579bdf0123456789abcdef012"


@pytest.mark.parametrize("url", ["https://api.opsgenie.com/", "https://api.atlassian.com/jsm/ops/integration/"])
def test_an_alert_is_created_counted_and_closed_by_its_alias(url: str) -> None:
    with sending("opsgenie", url=url) as service:
        first = service.send()
        created = service.last
        service.send("resolved", earlier=first)
    path = "/jsm/ops/integration/v2/alerts" if "jsm" in url else "/v2/alerts"
    assert service.asked == [f"POST {path}", f"POST {path}/{ALIAS}/close?identifierType=alias"]
    assert (created.body["alias"], created.body["priority"], created.body["tags"]) == (ALIAS, "P1", ["db", "prod"])
    assert created.body["responders"] == [{"name": "dba", "type": "team"}]
    assert service.last.body["note"].startswith("RESOLVED after 12 min")


@pytest.mark.parametrize("url", ["https://api.opsgenie.com/", "https://api.atlassian.com/jsm/ops/integration/"])
def test_an_alert_is_acknowledged_by_its_alias_with_who_is_on_it(url: str) -> None:
    with sending("opsgenie", url=url, updates=True) as service:
        service.send("acknowledged", earlier=service.send())
    assert service.asked[1:] == [f"{service.asked[0]}/{ALIAS}/acknowledge?identifierType=alias"]
    assert service.last.body == {"source": "alertrelay", "note": "Acknowledged by ana at 03:06 UTC: on it"}


@pytest.mark.parametrize(("updates", "asked"), [(True, 4), (False, 2)])
def test_an_open_alert_gets_the_newest_texts_where_it_is_asked_for(updates: bool, asked: int) -> None:
    with sending("opsgenie", updates=updates) as service:
        first = service.send()
        service.send("group-of-four", earlier=first)
    assert len(service.asked) == asked
    if updates:
        assert [line.rpartition("/")[2].partition("?")[0] for line in service.asked[2:]] == ["message", "description"]
        assert service.asked[2].startswith("PUT ")
        assert "3 firing" in service.peers.requests[2].body["message"]
