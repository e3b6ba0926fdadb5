"""Keeps the state table in memory: for tests, for the local stack and for simulation.

It keeps the promises of state.py and passes the contract tests of the real one.
"""

from __future__ import annotations

from alertrelay.memory.state.acknowledgements import MemoryAcknowledgements
from alertrelay.memory.state.leases import MemoryLeases
from alertrelay.memory.state.lookup import MemoryLookup
from alertrelay.memory.state.rates import MemoryRates


class MemoryStore(MemoryLeases, MemoryLookup, MemoryRates, MemoryAcknowledgements):
    """state.Store in dictionaries, made of its parts, and what the intake writes to it."""
