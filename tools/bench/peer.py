"""A peer that takes whatever it is sent: what functions of other makes post to."""

from __future__ import annotations

from typing import Any

from local.standins.peer import PeerAnswer, Request


class Anything:
    """See local.standins.peer.PeerService."""

    channel = "bench"

    def answer(self, request: Request) -> PeerAnswer:  # noqa: ARG002 - it is all the same
        """200, as Slack says it."""
        return PeerAnswer(status=200, body="ok")

    def failure(self, status: int) -> Any:
        """A body of no interest."""
        return f"failed on purpose with {status}"

    def tokens(self, request: Request) -> frozenset[str]:  # noqa: ARG002 - no fault strikes it
        """None."""
        return frozenset()

    def redacted(self, request: Request) -> tuple[str, Any]:
        """The path, and nothing of the body."""
        return request.path, None
