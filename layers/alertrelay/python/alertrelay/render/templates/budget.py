"""Bounds what one rendering may cost: steps, depth, and the size of what it makes."""

from __future__ import annotations

from dataclasses import dataclass

MAX_STEPS = 200_000
"""Nodes, values and iterations of one rendering: about half a second of a Lambda."""
MAX_DEPTH = 40
"""Templates that call each other."""
MAX_OUTPUT = 512 * 1024
"""Bytes of one rendered field, about what the largest channel takes."""
MAX_MADE = 16 * MAX_OUTPUT
"""Characters that all functions of one rendering return together."""


class TemplateFailure(Exception):
    """A template that failed while it ran. `text` is one sentence for people; it shows values only by their type."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(slots=True)
class RenderBudget:
    """What is left of the bounds. Every method raises TemplateFailure when a bound is passed."""

    steps: int = MAX_STEPS
    made: int = MAX_MADE
    output: int = MAX_OUTPUT
    depth: int = MAX_DEPTH

    def step(self, count: int = 1) -> None:
        """Takes some steps."""
        self.steps -= count
        if self.steps < 0:
            raise TemplateFailure(f"it takes more than {MAX_STEPS:,} steps")

    def make(self, length: int) -> None:
        """Takes the characters of a value that a function is about to make."""
        self.made -= length
        if length > MAX_OUTPUT or self.made < 0:
            raise TemplateFailure(f"it makes a text of more than {MAX_OUTPUT // 1024} KiB")

    def write(self, length: int) -> None:
        """Takes the bytes of a piece of output."""
        self.output -= length
        if self.output < 0:
            raise TemplateFailure(f"its output is longer than {MAX_OUTPUT // 1024} KiB")

    def enter(self) -> None:
        """Goes into a template that another one calls."""
        self.depth -= 1
        if self.depth < 0:
            raise TemplateFailure(f"its templates call each other more than {MAX_DEPTH} deep")

    def leave(self) -> None:
        """Comes back from a template that another one called."""
        self.depth += 1
