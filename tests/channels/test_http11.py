"""Requests and answers of HTTP/1.1, as they may come, whole and broken."""

from __future__ import annotations

import http.client
import io
from unittest import mock

import pytest
from alertrelay.channels.transport.http11 import Head, NotHttp, read_body, read_head, request

MOST = 100
OK = b"HTTP/1.1 200 OK\r\n"


def answer(content: bytes, most: int = MOST) -> tuple[Head, bytes, bool, bool]:
    stream = io.BytesIO(content)
    head = read_head(stream)
    return (head, *read_body(stream, head, most))


def test_a_request_is_what_http_client_writes() -> None:
    headers = {"Content-Type": "application/json", "X-A": "b c"}
    sent = mock.Mock()
    connection = http.client.HTTPConnection("example.com", 8080)
    connection.sock = sent
    connection.request("POST", "/a?b=c", body=b"body", headers={**headers, "Accept-Encoding": "identity"})
    theirs = b"".join(call.args[0] for call in sent.sendall.call_args_list)
    ours = request("/a?b=c", "example.com:8080", {**headers, "Accept-Encoding": "identity"}, b"body")
    assert sorted(ours.split(b"\r\n")) == sorted(theirs.split(b"\r\n"))
    assert ours.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y", "/ü", "/\x00", "/\x7f"])
def test_a_target_that_would_be_more_than_a_target_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="target"):
        request(target, "h", {}, b"")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("A", "b\r\nC: d"),
        ("A", "b\nC"),
        ("A", "\0"),
        ("A\r\nB", "c"),
        ("A B", "c"),
        ("", "c"),
        ("A:", "c"),
        ("A", "→"),
    ],
)
def test_a_header_that_would_be_two_or_none_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"header|latin-1"):
        request("/", "h", {name: value}, b"")


@pytest.mark.parametrize(
    ("content", "body", "whole", "ended"),
    [
        (b"Content-Length: 2\r\n\r\nokMORE", b"ok", True, True),
        (b"Content-Length: 0\r\n\r\n", b"", True, True),
        (b"Content-Length: 3\r\n\r\nok", b"ok", False, False),
        (b"Content-Length: 101\r\n\r\n" + b"x" * 101, b"x" * 100, False, False),
        (b"Content-Length: 100\r\n\r\n" + b"x" * 100, b"x" * 100, True, True),
        (b"Content-Length: many\r\n\r\nok", b"ok", False, False),
        (b"\r\nok", b"ok", True, False),
        (b"\r\n" + b"x" * 200, b"x" * 100, False, False),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;x=y\r\nabc\r\n0\r\nTrailer: t\r\n\r\n", b"okabc", True, True),
        (b"Transfer-Encoding: Chunked\r\nContent-Length: 1\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok", True, True),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n", b"", False, False),
        (b"Transfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n", b"", False, False),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nok\r\n0\r\n\r\n", b"ok\r\n0", False, False),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nok", b"ok", False, False),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\n" + b"x" * 300, b"x" * 100, False, False),
        (b"Transfer-Encoding: chunked\r\n\r\n" + (b"41\r\n" + b"x" * 65 + b"\r\n") * 2, b"x" * 100, False, False),
    ],
)  # fmt: skip
def test_a_body_ends_where_its_head_says(content: bytes, body: bytes, whole: bool, ended: bool) -> None:
    head, *found = answer(OK + content)
    assert head.status == 200
    assert found == [body, whole, ended]


def test_headers_are_read_as_the_email_package_reads_them() -> None:
    head, *_ = answer(
        OK + b"X-A:  one \r\nx-a: two\r\nX-Folded: a\r\n  b\r\nnonsense\r\nX-Ob j: 1\r\nX-L: \xfc\r\n\r\n"
    )
    assert head.headers == {"x-a": "one, two", "x-folded": "a b", "x-l": "ü"}


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (OK + b"\r\n", True),
        (OK + b"Connection: close\r\n\r\n", False),
        (OK + b"Connection: Keep-Alive\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\n\r\n", False),
    ],
)
def test_a_connection_is_kept_where_the_peer_keeps_it(content: bytes, kept: bool) -> None:
    assert read_head(io.BytesIO(content)).kept is kept


def test_answers_of_1xx_come_before_the_one_that_counts() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert read_head(io.BytesIO(b"HTTP/1.1 100 Continue\r\n\r\n" + hints + b"HTTP/1.1 202\r\n\r\n")).status == 202
    with pytest.raises(NotHttp):
        read_head(io.BytesIO(hints * 50))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"HTTP/1.1 2",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 020 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        OK,
        OK + b"X: y",
        OK + b"X: y\r\n",
        OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        OK + b"".join(b"X-%d: y\r\n" % number for number in range(200)) + b"\r\n",
        b"HTTP/1.1 200 " + b"x" * 70_000,
    ],
)
def test_what_is_no_answer_is_named_so(content: bytes) -> None:
    with pytest.raises(NotHttp):
        read_head(io.BytesIO(content))


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(status: int) -> None:
    assert answer(b"HTTP/1.1 %d x\r\nContent-Length: 5\r\n\r\nhello" % status)[1:] == (b"", True, True)
