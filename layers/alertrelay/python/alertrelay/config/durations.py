"""Holds the durations that two rooms share; infra imports them, so that the template and the code cannot differ."""

from __future__ import annotations

from datetime import timedelta

FORWARDER_TIMEOUT = timedelta(seconds=30)
"""After which Lambda kills an invocation of a forwarder."""
TICK = timedelta(minutes=1)
"""Between two ticks of the schedule. What is due later than this is not queued but found by a tick."""

LEASE_MARGIN = timedelta(seconds=5)
"""A lease outlives the invocation's hard deadline by this."""
CRASH_MARGIN = FORWARDER_TIMEOUT + timedelta(seconds=10)
"""How long before the last record an update may have been notified by a flush that crashed, and how long a lease that
is held now lasts at most: a whole invocation, the margin of its lease, and clocks that differ."""

REDELIVERED = timedelta(seconds=58)
"""A message that comes so long after it reached its topic may have come before: Lambda tries again after a minute."""
PATIENCE = timedelta(minutes=2)
"""How long what is not critical waits for the table, by the topic's clock."""
OVERTAKEN = timedelta(minutes=10)
"""How long a resolve that the table did not expect waits for its firing, which it may have overtaken."""

ALONE = timedelta(minutes=15)
"""How long a build must be the only one that ticks before it lets groups sleep: longer than a deployment in steps."""

RETRY = timedelta(seconds=60)
"""Until what found a channel or the table failing is tried again for the first time."""
OVERDUE = timedelta(seconds=150)
"""A group that should have been flushed so long ago was held up: by the table, the queue or the ticks."""
CATCH_UP = RETRY + timedelta(seconds=5)
"""After that, until a group is flushed: what the queue brings back each RETRY has joined it by then."""
GIVE_UP = timedelta(days=4)
"""After which what no channel took becomes a dead letter; the queues keep theirs for 14 days."""
DEAD_LETTERS_KEPT = timedelta(days=14)

ALERT_KEPT = GIVE_UP + DEAD_LETTERS_KEPT
"""An alert's latest state, after it resolved or as an event; a closed group's header. So long an older update of it may
still come: by a message that was tried until it was given up, and sent back out of its dead-letter queue."""
MEMBER_KEPT = timedelta(days=3)
"""A member that resolved or moved."""
