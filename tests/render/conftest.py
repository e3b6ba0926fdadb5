"""What is rendered, and a way to show it."""

from __future__ import annotations

import pytest
from alertrelay.notification import Notification

from tests.render.notifications import CASES


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Notification:
    """Each notification in turn."""
    return CASES[request.param]
