from __future__ import annotations

import pytest
from alertrelay.ports import AuthDead

from tests.channels.sending import sending


def test_the_first_message_is_asked_for_and_changed_by_its_id() -> None:
    with sending("discord") as chat:
        first = chat.send()
        chat.send("resolved", earlier=first, edit=True)
    assert chat.asked[0].endswith("/…?wait=true")
    assert chat.asked[1].startswith("PATCH ")
    assert chat.asked[1].endswith(f"/messages/{first.ref['message_id']}")
    assert chat.last.body["embeds"][0]["color"] == 0x2ECC71


@pytest.mark.parametrize("code", [10008, 10015])
def test_a_deleted_message_is_posted_anew_and_a_deleted_webhook_is_dead(code: int) -> None:
    with sending("discord") as chat:
        first = chat.send()
        chat.fail(404, f'{{"message":"Unknown","code":{code}}}')
        if code == 10008:
            assert chat.send("resolved", earlier=first, edit=True).ref["message_id"]
        else:
            with pytest.raises(AuthDead):
                chat.send("resolved", earlier=first, edit=True)
    assert len(chat.asked) == (3 if code == 10008 else 2)
