"""Has the intake's function do something later: by an asynchronous invocation of itself, which Lambda keeps and tries
again (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alertrelay.aws.errors import code, failures
from alertrelay.intake.slack.talk import LaterFailure


@dataclass(frozen=True, slots=True)
class OwnInvocation:
    """`function` is the name of the function with its alias."""

    client: Callable[[], Any]
    function: str

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Returns when Lambda has the event. Raises LaterFailure."""
        try:
            self.client().invoke(FunctionName=self.function, InvocationType="Event", Payload=json.dumps(event).encode())
        except failures() as error:
            raise LaterFailure(f"the invocation was not taken: {code(error)}") from None
