"""Gathers the facts of a resource from which its thresholds are derived, and their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

GIB = 1024**3


class FactMissing(Exception):
    """A threshold needs a number that neither the file nor the table of classes has. `fact` is its name."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFacts:
    """Numbers and properties of one resource; 0 or "" where they are not known.

    `vcpus`, `memory` (bytes) and `ebs_bursts` are the instance class's; `storage` (bytes) is what was allocated;
    `local_storage` (bytes) is the disk of an Aurora instance for temporary files; `storage_network` is in bytes a
    second; `timeout` in milliseconds. `flags` are the words that a rule's `when` asks for.
    """

    engine: str = ""
    instance_class: str = ""
    vcpus: float = 0
    memory: float = 0
    ebs_bursts: bool = False
    storage: float = 0
    storage_type: str = ""
    local_storage: float = 0
    storage_network: float = 0
    max_connections: float = 0
    max_connections_from: str = ""
    max_connections_estimated: bool = False
    nodes: int = 1
    timeout: float = 0
    flags: frozenset[str] = frozenset()

    def number(self, fact: str) -> float:
        """Returns a number that has to be known. Raises FactMissing."""
        found = float(getattr(self, fact))
        if not found:
            raise FactMissing(fact)
        return found

    @property
    def burstable(self) -> bool:
        """Returns whether the class earns and spends CPU credits."""
        return self.instance_class.removeprefix("db.").removeprefix("cache.").startswith(("t2.", "t3.", "t4g."))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceClass:
    """One row of classes.tsv; memory in bytes."""

    vcpus: float
    memory: float
    ebs_bursts: bool


@cache
def classes() -> Mapping[str, InstanceClass]:
    """Reads classes.tsv, by name without its prefix: r6g.large."""
    text = resources.files(__package__).joinpath("classes.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith(("#", "class"))]
    return {
        name: InstanceClass(vcpus=float(vcpus), memory=float(memory) * GIB, ebs_bursts=bursts == "1")
        for name, vcpus, memory, bursts in rows
    }


# What Aurora MySQL allows by default, by memory in GiB. AWS gives the table by class (Aurora user guide, "Maximum
# connections to an Aurora MySQL DB instance"); its formula gives other numbers. Classes of one memory have one number.
_AURORA_MYSQL = ((15, ((2, 45), (4, 90), (8, 135))), (10_000, ((15, 1000), (30, 2000), (61, 3000), (122, 4000),
    (244, 5000), (384, 6000), (768, 7000))))  # fmt: skip
_BYTES_A_CONNECTION = {"mysql": 12_582_880, "mariadb": 12_582_880, "postgres": 9_531_392, "oracle": 9_868_951}
_LARGEST = {"mysql": 100_000, "mariadb": 100_000, "postgres": 5_000, "oracle": 20_000}
SQL_SERVER_CONNECTIONS = 32_767


def max_connections(engine: str, memory: float) -> tuple[float, str, bool]:
    """Returns the number, its source, and whether it is an estimate. (0, "", False) where the memory is not known.

    Sources: RDS user guide, "Maximum number of database connections"; Aurora user guides. RDS keeps a part of the
    memory for itself, so the true number lies 10 to 25 % below the formula on small classes.
    """
    if engine == "sqlserver":
        return SQL_SERVER_CONNECTIONS, "SQL Server's own limit", False
    if not memory:
        return 0, "", False
    if engine == "aurora-mysql":
        return _aurora_mysql(memory / GIB), "AWS's table for the class", False
    formula = "postgres" if engine == "aurora-postgresql" else engine
    found = min(memory // _BYTES_A_CONNECTION[formula], _LARGEST[formula])
    return found, "by AWS's formula", True


def _aurora_mysql(gib: float) -> float:
    rows = next(rows for below, rows in _AURORA_MYSQL if gib < below)
    return max((count for least, count in rows if gib >= least), default=rows[0][1])
