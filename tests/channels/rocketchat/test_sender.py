from __future__ import annotations

import pytest
from alertrelay.ports import RateLimited

from tests.channels.sending import sending

SLOWER = (
    '{"success":false,"error":"Error, too many requests. You must wait 25 seconds before trying this endpoint again. '
    '[error-too-many-requests]","errorType":"error-too-many-requests"}'
)


@pytest.mark.parametrize("status", [400, 429])
def test_the_delay_stands_in_the_words_of_the_answer(status: int) -> None:
    with sending("rocketchat") as chat:
        chat.fail(status, SLOWER)
        with pytest.raises(RateLimited) as caught:
            chat.send()
    assert caught.value.retry_after == 25.0


def test_a_message_that_cannot_be_changed_is_posted_anew() -> None:
    with sending("rocketchat") as chat:
        first = chat.send()
        chat.fail(400, '{"success":false,"error":"error-action-not-allowed"}')
        chat.send("resolved", earlier=first, edit=True)
    assert chat.asked == [
        "POST /api/v1/chat.postMessage",
        "POST /api/v1/chat.update",
        "POST /api/v1/chat.postMessage",
    ]
