"""The scenarios that Alertmanager and we are played through, side by side.

Times are seconds; a group of ROUTE is flushed 0.3 s after its first alert, then every 0.5 s.
"""

from __future__ import annotations

from tests.differential.scenarios.delivery import DELIVERY
from tests.differential.scenarios.grouping import GROUPING
from tests.differential.scenarios.muting import MUTING
from tests.differential.scenarios.timers import TIMERS

SCENARIOS = [*GROUPING, *TIMERS, *MUTING, *DELIVERY]
