"""Composes the functions: each builds its ports from its environment, and is its handler."""

import gc

gc.set_threshold(50_000, 20, 20)
# Python's own threshold, 2,000 new objects, has a load of 300 modules traversed 19 times: a tenth of a cold start.

from alertrelay.runtime import prepared as prepared  # noqa: E402 - what is loaded from here on is much
