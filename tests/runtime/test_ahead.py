"""What a new container does beside its first event is done once, and over when the handler is."""

from __future__ import annotations

import threading

import pytest
from alertrelay.runtime.ahead import Ahead


def test_each_function_runs_once_and_is_over_when_the_handler_is() -> None:
    done: list[str] = []
    begun = threading.Event()

    def slow() -> None:
        begun.wait(10)
        done.append("slow")

    ahead = Ahead(slow, lambda: done.append("next"))
    with ahead.beside():
        assert done == []
        begun.set()
    assert done == ["slow", "next"]
    with ahead.beside():
        pass
    assert done == ["slow", "next"]


def test_it_is_over_also_where_the_handler_fails() -> None:
    done: list[str] = []
    with pytest.raises(ValueError, match="of the handler"), Ahead(lambda: done.append("it")).beside():
        raise ValueError("of the handler")
    assert done == ["it"]


def test_one_that_fails_stops_neither_the_next_nor_the_handler() -> None:
    done: list[str] = []

    def fails() -> None:
        raise OSError

    with Ahead(fails, lambda: done.append("next")).beside():
        pass
    assert done == ["next"]


def test_where_no_thread_can_be_started_the_handler_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuses)
    with Ahead(lambda: None).beside():
        pass
