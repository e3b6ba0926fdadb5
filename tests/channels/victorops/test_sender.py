from __future__ import annotations

from local.standins.victorops import PEER
from tests.channels.sending import sending


def test_an_incident_is_acknowledged_by_its_entity_with_who_is_on_it() -> None:
    with sending("victorops") as service:
        service.send()
        page = service.last.body
        service.send("acknowledged")
    assert page["message_type"] == "CRITICAL"
    assert service.last.body == {
        "message_type": "ACKNOWLEDGEMENT",
        "entity_id": page["entity_id"],
        "state_message": "Acknowledged by ana at 03:06 UTC: on it",
        "monitoring_tool": "alertrelay",
    }
    assert PEER.headline(service.last.body) == "ACKNOWLEDGEMENT: Acknowledged by ana at 03:06 UTC: on it"
