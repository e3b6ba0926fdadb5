"""An invocation in a thread of its own, which stops before each request and goes on when it is given the baton."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from typing import Any

_HERE = threading.local()


class Died(BaseException):
    """The sandbox is gone: no handler of ours sees it."""


class Actor:
    """`act` is the invocation. It does not begin while another one stands before the request `not_at`. `repeats`: its
    event may come again at once."""

    def __init__(
        self, name: str, act: Callable[[], None], *, not_at: str = "", mortal: bool = True, repeats: bool = False
    ) -> None:
        self.name, self.act, self.not_at, self.mortal, self.repeats = name, act, not_at, mortal, repeats
        self.at = ""  # the request that it stands before; empty before its first and after its last
        self.begun = self.over = False
        self.matters = True  # whether the others can notice that request
        self.learned = 0  # a hash of all that its next step can depend on
        self._dies = False
        self._error: BaseException | None = None
        self._go, self._back = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._back.acquire()

    def go_on(self) -> None:
        """Makes the request that it stands before, and all that follows up to the next one. Raises what it raises."""
        if not self.begun:
            self.begun = True
            _thread.start_new_thread(self._live, ())  # a Thread object costs more than all that it would do here
            self._back.acquire()
        if not self.over:
            self._go.release()
            self._back.acquire()
        if self._error:
            raise self._error

    def die(self) -> None:
        """Before its next request, whatever it was about to do."""
        self._dies = True
        if self.begun and not self.over:
            self._go.release()
            self._back.acquire()
        self.over = True

    def stop(self, request: str, *, matters: bool) -> None:
        """Waits for the baton. Called by the actor itself."""
        self.at, self.matters = request, matters
        if not self._dies:
            self._back.release()
            self._go.acquire()
        if self._dies:
            raise Died

    def _live(self) -> None:
        _HERE.actor = self
        try:
            self.act()
        except Died:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the schedule is known
            self._error = error
        self.over, self.at = True, ""
        self._back.release()


def running() -> Actor | None:
    """Who asks; None outside of an actor."""
    return getattr(_HERE, "actor", None)


def request(name: str, make: Callable[[], Any], *, matters: bool = True) -> Any:
    """Stops before the request, makes it, and notes the answer. Outside of an actor it is only made.

    An actor may die before a request that does not matter to the others, but need not be switched away from there."""
    actor = running()
    if actor is None:
        return make()
    actor.stop(name, matters=matters)
    answer = make()
    actor.learned = hash((actor.learned, name, repr(answer)))
    return answer
