"""Does beside the first event of a container what its first page would otherwise have to wait for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence


class Ahead:
    """Functions that are called once, one after the other in a thread. Each is safe beside the handler, and none raises
    anything that matters: what it did not prepare is done, and fails, where it is needed."""

    def __init__(self, *functions: Callable[[], None]) -> None:
        self.functions: Sequence[Callable[[], None]] = functions

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """Begins them, the first time, and at the end waits until they are over: no thread may survive the handler
        (docs/protocol.md, section 7)."""
        functions, self.functions = self.functions, ()
        thread = threading.Thread(target=_run, args=(functions,), daemon=True)
        began = False
        if functions:
            with contextlib.suppress(RuntimeError):  # no thread can be started
                thread.start()
                began = True
        try:
            yield
        finally:
            if began:
                thread.join()


def _run(functions: Sequence[Callable[[], None]]) -> None:
    for function in functions:
        with contextlib.suppress(Exception):
            function()
