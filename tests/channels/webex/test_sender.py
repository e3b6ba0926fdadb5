from __future__ import annotations

import pytest
from alertrelay.ports import Retryable

from tests.channels.sending import sending


def test_what_is_new_stands_in_the_thread_and_the_first_message_is_changed() -> None:
    with sending("webex") as chat:
        first = chat.send()
        chat.send("group-of-four", earlier=first)
        assert chat.last.body["parentId"] == first.ref["message_id"]
        chat.send("resolved", earlier=first, edit=True)
    assert chat.asked[-1] == f"PUT /v1/messages/{first.ref['message_id']}"


def test_a_message_that_was_changed_ten_times_is_posted_anew() -> None:
    with sending("webex") as chat:
        first = chat.send()
        chat.fail(400, '{"message":"Maximum number of edits exceeded"}')
        chat.send("resolved", earlier=first, edit=True)
    assert chat.asked[-1] == "POST /v1/messages"
    assert "parentId" not in chat.last.body


def test_a_thread_whose_first_message_was_deleted_is_left() -> None:
    with sending("webex") as chat:
        first = chat.send()
        chat.fail(404)
        chat.send("group-of-four", earlier=first)
    assert "parentId" not in chat.last.body
    assert chat.last.taken


def test_a_page_in_place_of_a_change_is_a_failure() -> None:
    with sending("webex") as chat:
        first = chat.send()
        chat.fail(200, "<html>")
        with pytest.raises(Retryable, match="Webex answered 200 without its `id`"):
            chat.send("resolved", earlier=first, edit=True)
