from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.channels.incidentio.render import render
from alertrelay.config.channel import HttpAuth
from alertrelay.ports import Key

from tests.channels.example import all_sent
from tests.channels.sending import sending
from tests.render.notifications import CASES, alert, notification


@pytest.mark.parametrize("token", ["incidentio_token", ""])
def test_the_token_is_the_source_s_own_or_that_of_http_config(token: str) -> None:
    auth = HttpAuth() if token else HttpAuth(key="other_token")
    with sending("incidentio", token=token, auth=auth) as service:
        service.send(key=Key(token or "other_token", "FAKE-1", "v"))
    assert service.last.tokens == {"FAKE-1"}
    assert (service.last.body["version"], service.last.answered) == ("1", "202")


def test_an_event_that_is_too_large_has_its_first_alert_and_no_endless_text() -> None:
    settings: Any = all_sent()["incidentio"].settings
    big = [alert({"alertname": "Big", "n": str(n)}, {"summary": "x" * 30_000}, state_key=str(n)) for n in range(40)]
    assert 0 < len(render(notification(*big), settings)["alerts"]) < len(big)
    one = replace(big[0], annotations={"summary": "é" * 600_000})
    sent = render(notification(one), settings)
    assert len(json.dumps(sent, ensure_ascii=False).encode()) < 512 * 1024
    assert sent["commonAnnotations"]["summary"].startswith("éé")


def test_all_alerts_are_sent_where_they_fit() -> None:
    settings: Any = all_sent()["incidentio"].settings
    assert len(render(CASES["group-of-four"], settings)["alerts"]) == 4
