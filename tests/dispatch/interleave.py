"""Every interleaving of a few invocations, up to a number of preemptions: most races need one or two (Musuvathi and
Qadeer, "Iterative context bounding for systematic testing of multithreaded programs", PLDI 2007).

An invocation is an actor: a thread of its own that stops before each request and goes on when it is given the baton, so
that one runs at a time. A schedule is a list of choices; a run repeats the begin of one and goes on by default: whoever
runs, runs to its end. To switch away from an actor that could go on is a preemption; who goes next where one has ended
is free. What has been reached before, with as much left to spend, is not gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from tests.dispatch.actor import Actor

AGAIN = " again"
"""Ends the name of an actor that repeats one that died."""


class Violation(AssertionError):
    """What went wrong, and the schedule that led to it."""


class Play(Protocol):
    """One world, with its actors before their first step."""

    actors: list[Actor]

    def state(self) -> str:
        """Everything outside of the actors that what follows, and the check, can depend on."""

    def now(self) -> Hashable:
        """What an actor may read at any moment without a request."""

    def redeliver(self, actor: Actor) -> None:
        """Sees to it that the event of an actor that died comes again, once the actors are through."""

    def check(self, *, died: int) -> None:
        """Lets the world run on and looks whether all is well. Raises AssertionError."""


class Budget(NamedTuple):
    """What a schedule may still spend."""

    preemptions: int
    deaths: int


class Choice(NamedTuple):
    """Who goes on. `dies`: instead, and its event comes when all are through; `again`: and at once, as a new actor."""

    actor: int
    verb: Literal["goes", "dies", "again"] = "goes"


@dataclass
class Explored:
    """How many schedules ran to their end, and at how many different ends the check looked."""

    schedules: int = 0
    ends: int = 0
    reached: dict[Hashable, list[Budget]] = field(default_factory=dict)

    def is_new(self, state: Hashable, left: Budget) -> bool:
        """Whether it has not been reached with as much left."""
        before = self.reached.setdefault(state, [])
        if any(b.preemptions >= left.preemptions and b.deaths >= left.deaths for b in before):
            return False
        before.append(left)
        return True


def explore(stage: Callable[[], Play], *, preemptions: int, deaths: int = 0) -> Explored:
    """Plays every schedule within the bounds, depth first. Raises Violation at the first that ends badly."""
    explored, todo = Explored(), [list[Choice]()]
    while todo:
        play = stage()
        try:
            todo += _run(play, todo.pop(), Budget(preemptions, deaths), explored)
        finally:
            for actor in play.actors:
                actor.die()
    return explored


def _run(play: Play, begin: list[Choice], budget: Budget, explored: Explored) -> list[list[Choice]]:
    """One schedule; returns the begins of those that leave it where this run was the first."""
    taken, story, others, left = list[Choice](), list[str](), list[list[Choice]](), budget
    current: int | None = None
    try:
        while options := _options(play.actors, current, left):
            choice = options[0]
            if len(taken) < len(begin):
                choice = begin[len(taken)]
            elif explored.is_new((_state(play), current), left):
                others += [[*taken, other] for other in options[1:]]
            else:
                return others
            left = _spent(left, current, choice)
            taken.append(choice)
            story.append(_do(play, choice))
            current = None if play.actors[choice.actor].over else choice.actor
        explored.schedules += 1
        if explored.is_new((_state(play), "end"), left):
            explored.ends += 1
            play.check(died=budget.deaths - left.deaths)
    except AssertionError as error:
        raise Violation("\n".join([str(error), *story])) from error
    except Exception as error:
        error.add_note("\n".join(story))
        raise
    return others


def _state(play: Play) -> Hashable:
    return play.state(), tuple((a.name, a.at, a.over, a.learned) for a in play.actors)


def _options(actors: list[Actor], current: int | None, left: Budget) -> list[Choice]:
    """The default first."""
    standing = {a.at for a in actors if a.at}
    able = [n for n, a in enumerate(actors) if not a.over and (a.begun or a.not_at not in standing)]
    if current is None:
        return [Choice(n) for n in able]
    options, actor = [Choice(current)], actors[current]
    if left.deaths and actor.mortal:
        options += [Choice(current, "dies"), Choice(current, "again")][: 1 + actor.repeats]
    return options + [Choice(n) for n in able if n != current and left.preemptions and actor.matters]


def _spent(left: Budget, current: int | None, choice: Choice) -> Budget:
    switched = current not in (None, choice.actor)
    return Budget(left.preemptions - switched, left.deaths - (choice.verb != "goes"))


def _do(play: Play, choice: Choice) -> str:
    actor = play.actors[choice.actor]
    said = f"{actor.name}: {actor.at or 'begins'}"
    if choice.verb == "goes":
        actor.go_on()
        actor.learned = hash((actor.learned, play.now()))
        return said
    actor.die()
    if choice.verb == "again":
        play.actors.append(Actor(actor.name + AGAIN, actor.act))
    else:
        play.redeliver(actor)
    return f"{said}: {choice.verb}"
