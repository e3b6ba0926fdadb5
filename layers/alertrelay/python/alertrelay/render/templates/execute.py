"""Runs a compiled template. Source: Go's text/template exec.go, with missingkey=zero as Alertmanager sets it.

A tree is plain JSON. Nodes: ["text", text], ["action", line, pipe], ["if"|"with"|"range", line, pipe, then, else|null],
["template", line, name, pipe|null], ["break"], ["continue"]. A pipe is [variables, is_assignment, commands], a command
a list of operands. Operands: ["dot"], ["nil"], ["const", value], ["field", names], ["var", name, fields],
["chain", operand, fields], ["func", name], ["pipe", pipe].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertrelay.render.templates.budget import RenderBudget, TemplateFailure
from alertrelay.render.templates.evaluate import Evaluator, Variables
from alertrelay.render.templates.functions import CallContext
from alertrelay.render.templates.printing import to_text
from alertrelay.render.templates.values import Data, go_bytes, kind_of, sorted_items, truth, type_name

Node = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A field's tree, and the trees that it may call, by name."""

    main: list[Node]
    templates: Mapping[str, list[Node]]


def render(program: Program, data: Data, *, now: datetime, budget: RenderBudget | None = None) -> str:
    """Returns the program's output. Raises TemplateFailure, and nothing else, whatever the program does."""
    try:
        return _Run(program, CallContext(budget or RenderBudget(), now)).output(data)
    except TemplateFailure:
        raise
    except RecursionError:
        raise TemplateFailure("it is nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - a fault of ours must lead to our own text, not to a lost alert
        raise TemplateFailure(f"it could not be run ({type(error).__name__})") from None


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Run:
    def __init__(self, program: Program, environment: CallContext) -> None:
        self._program, self._environment = program, environment
        self._budget = environment.budget
        self._evaluate = Evaluator(environment)
        self._parts: list[str] = []

    def output(self, data: Data) -> str:
        self._walk(self._program.main, data, Variables([("$", data)]))
        return "".join(self._parts)

    def _walk(self, nodes: list[Node], dot: Any, variables: Variables) -> None:
        for node in nodes:
            self._budget.step()
            match node[0]:
                case "text":
                    self._write(node[1])
                case "break":
                    raise _Break
                case "continue":
                    raise _Continue
                case _:
                    self._located(node, dot, variables)

    def _located(self, node: Node, dot: Any, variables: Variables) -> None:
        """Runs a node; a failure in it names its line once."""
        try:
            self._control(node, dot, variables)
        except TemplateFailure as failure:
            if failure.text.startswith("line "):
                raise
            raise TemplateFailure(f"line {node[1]}: {failure.text}") from None

    def _control(self, node: Node, dot: Any, variables: Variables) -> None:
        kind, _, *rest = node
        mark = len(variables)
        if kind == "action":
            value = self._evaluate.pipeline(rest[0], dot, variables)
            if not rest[0][0]:
                self._write("<no value>" if value is None else to_text(value, self._budget))
            return
        if kind == "template":
            self._call(rest[0], rest[1], dot, variables)
            return
        value = self._evaluate.pipeline(rest[0], dot, variables)
        if kind == "range":
            self._range(value, rest, dot, variables)
        elif truth(value):
            self._walk(rest[1], value if kind == "with" else dot, variables)
        elif rest[2]:
            self._walk(rest[2], dot, variables)
        del variables[mark:]

    def _call(self, name: str, pipe: Any, dot: Any, variables: Variables) -> None:
        nodes = self._program.templates.get(name)
        if nodes is None:
            raise TemplateFailure(f"the template {name!r} is not defined")
        given = self._evaluate.pipeline(pipe, dot, variables) if pipe else None
        self._budget.enter()
        self._walk(nodes, given, Variables([("$", given)]))
        self._budget.leave()

    def _range(self, value: Any, rest: list[Any], dot: Any, variables: Variables) -> None:
        pipe, body, otherwise = rest
        names, assigns, _ = pipe
        mark, ran = len(variables), False
        for index, item in _items(value, names):
            self._budget.step()
            ran = True
            _bind(variables, names, assigns, (index, item))
            try:
                self._walk(body, item, variables)
            except _Continue:
                pass
            except _Break:
                break
            finally:
                del variables[mark:]
        if not ran and otherwise:
            self._walk(otherwise, dot, variables)

    def _write(self, text: str) -> None:
        self._budget.write(len(text) if text.isascii() else len(go_bytes(text)))
        self._parts.append(text)


def _items(value: Any, names: list[str]) -> Iterator[tuple[Any, Any]]:
    match kind_of(value):
        case "slice":
            yield from enumerate(list(value))
        case "map":
            yield from sorted_items(value)
        case "int" | "uint":
            if len(names) > 1:
                raise TemplateFailure("range over a number has one variable")
            yield from ((number, number) for number in range(value))
        case "nil":
            return
        case _:
            raise TemplateFailure(f"range cannot go over {type_name(value)}")


def _bind(variables: Variables, names: list[str], assigns: bool, entry: tuple[Any, Any]) -> None:
    """Gives `$item`, or `$index, $item`, their values: those that the pipeline has just declared, or older ones."""
    values = entry[1:] if len(names) == 1 else entry
    for name, value in zip(names, values, strict=False):
        if assigns:
            variables.assign(name, value)
        else:
            variables.append((name, value))
