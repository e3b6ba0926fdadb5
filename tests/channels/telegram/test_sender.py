from __future__ import annotations

import pytest
from alertrelay.ports import Permanent, RateLimited

from tests.channels.sending import sending

NOT_MODIFIED = '{"ok":false,"error_code":400,"description":"Bad Request: message is not modified: …"}'
GONE = '{"ok":false,"error_code":400,"description":"Bad Request: message to edit not found"}'
MOVED = (
    '{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat",'
    '"parameters":{"migrate_to_chat_id":-1009876543210}}'
)


def test_what_is_new_answers_the_first_message_which_is_changed_at_the_end() -> None:
    with sending("telegram") as chat:
        first = chat.send()
        chat.send("group-of-four", earlier=first)
        answered = chat.last.body["reply_parameters"]
        chat.send("resolved", earlier=first, edit=True)
    assert answered == {"message_id": int(first.ref["message_id"]), "allow_sending_without_reply": True}
    assert chat.asked == ["POST /bot…/sendMessage"] * 2 + ["POST /bot…/editMessageText"]
    assert chat.last.body["message_id"] == int(first.ref["message_id"])
    assert "RESOLVED after 12 min" in chat.last.body["text"]


@pytest.mark.parametrize(("said", "then"), [(NOT_MODIFIED, "editMessageText"), (GONE, "sendMessage")])
def test_an_unchanged_message_is_left_and_a_deleted_one_is_sent_anew(said: str, then: str) -> None:
    with sending("telegram") as chat:
        first = chat.send()
        chat.fail(400, said)
        chat.send("resolved", earlier=first, edit=True)
    assert chat.asked[-1].endswith(then)


def test_a_group_that_became_a_supergroup_is_written_to_at_its_new_number() -> None:
    with sending("telegram") as chat:
        chat.fail(400, MOVED)
        first = chat.send()
        assert (first.ref["chat_id"], chat.last.body["chat_id"]) == ("-1009876543210", "-1009876543210")
        chat.send("resolved", earlier=first, edit=True)
    assert chat.last.body["chat_id"] == "-1009876543210"


def test_the_delay_of_a_429_stands_in_the_answer() -> None:
    with sending("telegram") as chat:
        chat.fail(429, '{"ok":false,"error_code":429,"parameters":{"retry_after":41}}')
        with pytest.raises(RateLimited) as caught:
            chat.send()
    assert caught.value.retry_after == 41.0


def test_a_refusal_says_why_without_the_token() -> None:
    with sending("telegram") as chat:
        chat.fail(403, '{"ok":false,"description":"Forbidden: bot was kicked from the group chat"}')
        with pytest.raises(Permanent) as caught:
            chat.send()
    assert caught.value.text == "Telegram answered 403: Forbidden: bot was kicked from the group chat"


def test_the_chat_may_be_a_secret_and_the_topic_a_number() -> None:
    with sending("telegram", chat_id="", chat_id_key="chat", thread=7, quiet=True) as chat:
        two = chat.key.__class__("telegram_bot chat", f"{chat.key.value}\n-42", "v")
        chat.send(key=two)
    assert (chat.last.body["chat_id"], chat.last.body["message_thread_id"]) == ("-42", 7)
    assert chat.last.body["disable_notification"] is True
