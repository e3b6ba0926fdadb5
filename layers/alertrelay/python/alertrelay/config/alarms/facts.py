"""What is known of a resource when its thresholds are derived."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 1024**3


class FactMissing(Exception):
    """A threshold needs a number that neither the file nor the table of classes has. `fact` is its name."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Numbers and properties of one resource; 0 or "" where they are not known.

    `vcpus`, `memory` (bytes) and the flags about EBS are of the instance class; `storage` (bytes) is what was
    allocated; `local_storage` (bytes) is the disk of an Aurora instance for temporary files; `storage_network` bytes a second.
    """

    engine: str = ""
    instance_class: str = ""
    vcpus: float = 0
    memory: float = 0
    burstable: bool = False
    ebs_bursts: bool = False
    storage: float = 0
    storage_type: str = ""
    local_storage: float = 0
    storage_network: float = 0
    max_connections: float = 0
    max_connections_from: str = ""
    nodes: int = 1
    timeout: float = 0
    flags: frozenset[str] = frozenset()

    def number(self, fact: str) -> float:
        """A number that has to be known. Raises FactMissing."""
        found = float(getattr(self, fact))
        if not found:
            raise FactMissing(fact)
        return found
