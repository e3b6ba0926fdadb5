"""The same over a real SMTP server: what each recipient's mailbox holds, and in which thread."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import timedelta

import pytest
from alertrelay.channels.email.sender import EmailSender
from alertrelay.channels.transport.connection import Network

from local.standins import Fault, StandIns
from tests.dispatch.post import A, B, C, mailing
from tests.dispatch.world import START, World, alarm


@pytest.fixture
def server() -> Iterator[StandIns]:
    with StandIns() as running:
        yield running


def world_of(server: StandIns, *, on_call: tuple[str, ...] = ()) -> World:
    world = World(config=mailing(A, B, C, on_call=on_call, stages=[["pager"]]))
    world.senders["email"] = EmailSender(Network(endpoints=server.endpoints))  # type: ignore[assignment]
    return world


def refuse(server: StandIns, address: str, code: int, *, times: int | None = None) -> None:
    server.fail("email", Fault(kind="status", status=code), token=address, times=times)


def mailbox(server: StandIns, address: str) -> list[tuple[str, str]]:
    """The mails of one recipient: the first word of the subject, and the thread's first Message-ID."""
    found = []
    for request in server.requests:
        if request.channel == "email" and request.taken and address in request.body["to"]:
            mail = email.message_from_bytes(request.raw, policy=email.policy.default)
            found.append((str(mail["Subject"]).split()[0], str(mail["References"] or mail["Message-ID"])))
    return found


def test_a_mail_that_one_was_refused_for_now_comes_later_in_the_same_thread(server: StandIns) -> None:
    world = world_of(server)
    refuse(server, B, 450, times=1)
    world.publish(alarm("cpu"))
    assert [len(mailbox(server, one)) for one in (A, B, C)] == [1, 0, 1]
    world.run(70)
    world.publish(alarm("cpu", "OK", at=START + timedelta(seconds=80)))
    world.run(400)
    boxes = [mailbox(server, one) for one in (A, B, C)]
    assert boxes[0] == boxes[1] == boxes[2]
    assert [word for word, _ in boxes[0]] == ["[CRITICAL]", "[RESOLVED]"]
    assert len({thread for _, thread in boxes[0]}) == 1
    assert world.pages() == []


def test_one_who_was_refused_for_good_is_shown_to_ops_by_the_domain_alone(server: StandIns) -> None:
    world = world_of(server)
    server.fail("email", Fault(kind="status", status=550, body=f"no such user <{B}>"), token=B)
    world.publish(alarm("cpu"))
    world.run(200)
    assert [len(mailbox(server, one)) for one in (A, B, C)] == [1, 0, 1]
    (text,) = [alert.text for alert in world.ops]
    assert "b…@example.com (550 no such user <b…@example.com>)" in text
    assert not any("ben@" in str(entry) for entry in (*world.ops, *world.log, *world.outcomes))


def test_one_on_call_who_is_refused_has_the_fallback_paged(server: StandIns) -> None:
    world = world_of(server, on_call=(B,))
    refuse(server, B, 451)
    world.publish(alarm("cpu"))
    assert [action for action, _ in world.pages()] == ["trigger"]
    assert [len(mailbox(server, one)) for one in (A, B, C)] == [1, 0, 1]
    server.heal()
    world.run(70)
    assert [len(mailbox(server, one)) for one in (A, B, C)] == [1, 1, 1]
    world.publish(alarm("cpu", "OK", at=START + timedelta(seconds=80)))
    world.run(400)
    assert [action for action, _ in world.pages()][-1] == "resolve"


def test_all_refused_for_now_are_all_tried_again(server: StandIns) -> None:
    world = world_of(server)
    for one in (A, B, C):
        refuse(server, one, 452)
    world.publish(alarm("cpu"))
    assert [action for action, _ in world.pages()] == ["trigger"]
    server.heal()
    world.run(70)
    assert [len(mailbox(server, one)) for one in (A, B, C)] == [1, 1, 1]


def test_a_connection_that_is_lost_after_the_data_is_tried_again_under_the_same_id(server: StandIns) -> None:
    world = world_of(server)
    server.fail("email", Fault(kind="reset", late=True), times=1)
    world.publish(alarm("cpu"))
    ids = [str(email.message_from_bytes(one.raw, policy=email.policy.default)["Message-ID"]) for one in server.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert [len(mailbox(server, one)) for one in (A, B, C)] == [1, 1, 1]
    assert world.pages() == []
