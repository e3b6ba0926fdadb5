"""A resource as rules see it: its parts with their dimensions, and the facts that thresholds are derived from."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertrelay.alert import Labels

from compiler.catalogue.facts import ResourceFacts
from compiler.resources.resource import ResourceWatch

NAMED = 80  # characters of a name in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One set of dimensions of a resource. `kind` is what rules ask for; `name` is unique among the kind's alarms.

    `shared` parts belong to several resources (the cluster of ECS services): the first one listed has their alarms.
    """

    kind: str
    name: str
    called: str  # "the writer of Aurora cluster orders", the object of an alarm's sentence
    dimensions: Labels
    labels: Labels = field(default_factory=dict)
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`kind` names the part of the catalogue; `id` is how people call the resource; `cluster` is the label.

    `console` is the path of its page in the console, with {region} where the region stands.
    """

    kind: str
    id: str
    cluster: str
    parts: tuple[Part, ...]
    facts: ResourceFacts
    watch: ResourceWatch
    console: str = ""


def shortened(name: str) -> str:
    """Cuts a name: those of ECS have up to 255 characters, a description has 1,024; the dimensions have the whole
    name."""
    return name if len(name) <= NAMED else f"{name[: NAMED - 1]}…"


def flags(**named: bool) -> frozenset[str]:
    """Returns the names of what holds: conditions of rules ask for them."""
    return frozenset(name for name, holds in named.items() if holds)
