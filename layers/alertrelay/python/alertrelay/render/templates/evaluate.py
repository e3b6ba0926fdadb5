"""Evaluates pipelines, commands and operands. Source: Go's text/template exec.go."""

from __future__ import annotations

from typing import Any

from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.escaping import ESCAPERS
from alertrelay.render.templates.functions import FUNCTIONS, CallContext, TemplateFunction
from alertrelay.render.templates.methods import method_of
from alertrelay.render.templates.values import AnyMap, Struct, kind_of, truth, type_name

_MISSING = object()
"""No value comes down the pipeline."""
Operand = list[Any]


class Variables(list[tuple[str, Any]]):
    """The variables in scope, the innermost last."""

    def value(self, name: str) -> Any:
        """Returns the value of the innermost one of that name. Raises TemplateFailure."""
        for known, value in reversed(self):
            if known == name:
                return value
        raise TemplateFailure(f"the variable {name} is not defined")

    def assign(self, name: str, value: Any) -> None:
        """Gives the innermost one of that name another value."""
        for at in range(len(self) - 1, -1, -1):
            if self[at][0] == name:
                self[at] = (name, value)
                return
        raise TemplateFailure(f"the variable {name} is not defined")


class Evaluator:
    """Evaluates with one environment."""

    def __init__(self, environment: CallContext) -> None:
        self._environment = environment
        self._budget = environment.budget

    def pipeline(self, pipe: list[Any], dot: Any, variables: Variables) -> Any:
        """Returns a pipeline's value, and declares or assigns its variables."""
        names, assigns, commands = pipe
        value: Any = _MISSING
        for command in commands:
            self._budget.step()
            value = self._command(command, dot, variables, value)
        for name in names:
            if assigns:
                variables.assign(name, value)
            else:
                variables.append((name, value))
        return value

    def _command(self, command: list[Operand], dot: Any, variables: Variables, final: Any) -> Any:
        first, *args = command
        match first[0]:
            case "func":
                return self._function(first[1], args, dot, variables, final)
            case "field":
                return self._fields(dot, first[1], args, dot, variables, final)
            case "var":
                return self._fields(variables.value(first[1]), first[2], args, dot, variables, final)
            case "chain":
                base = self._operand(first[1], dot, variables)
                return self._fields(base, first[2], args, dot, variables, final)
        if args or final is not _MISSING:
            raise TemplateFailure("arguments are given to something that is not a function")
        return self._operand(first, dot, variables)

    def _operand(self, operand: Operand, dot: Any, variables: Variables) -> Any:
        """Returns the value of one operand as an argument."""
        self._budget.step()
        match operand[0]:
            case "dot":
                return dot
            case "nil":
                return None
            case "const":
                return operand[1]
            case "pipe":
                return self.pipeline(operand[1], dot, variables)
        return self._command([operand], dot, variables, _MISSING)

    def _fields(
        self, value: Any, names: list[str], args: list[Operand], dot: Any, variables: Variables, final: Any
    ) -> Any:
        """Returns `value.A.B`; arguments go to the last one, a method."""
        if not names:
            if args or final is not _MISSING:
                raise TemplateFailure("arguments are given to something that is not a function")
            return value
        for name in names[:-1]:
            value = self._field(value, name, [], dot, variables, _MISSING)
        return self._field(value, names[-1], args, dot, variables, final)

    def _field(self, value: Any, name: str, args: list[Operand], dot: Any, variables: Variables, final: Any) -> Any:
        self._budget.step()
        if value is None:
            raise TemplateFailure(f"there is no value to take .{name} of")
        method = method_of(value, name)
        if method:
            return self._call(name, method, [value], args, dot, variables, final)
        if args or final is not _MISSING:
            raise TemplateFailure(f".{name} has arguments and is not a method")
        if isinstance(value, Struct) and name in value.fields:
            return value.fields[name]
        if isinstance(value, dict):
            return value.get(name, None if isinstance(value, AnyMap) else "")
        raise TemplateFailure(f"{type_name(value)} has no field or method {name!r}")

    def _function(self, name: str, args: list[Operand], dot: Any, variables: Variables, final: Any) -> Any:
        if name in ("and", "or"):
            return self._short(name, args, dot, variables, final)
        function = FUNCTIONS.get(name) or ESCAPERS.get(name)
        if function is None:
            raise TemplateFailure(f"there is no function {name!r}")
        return self._call(name, function, [], args, dot, variables, final)

    def _short(self, name: str, args: list[Operand], dot: Any, variables: Variables, final: Any) -> Any:
        """`and` and `or` evaluate no further argument than they need."""
        value: Any = None
        if not args and final is _MISSING:
            raise TemplateFailure(f"{name} needs an argument")
        for arg in args:
            value = self._operand(arg, dot, variables)
            if truth(value) == (name == "or"):
                return value
        return value if final is _MISSING else final

    def _call(
        self,
        name: str,
        function: TemplateFunction,
        given: list[Any],
        args: list[Operand],
        dot: Any,
        variables: Variables,
        final: Any,
    ) -> Any:
        count = len(args) + (final is not _MISSING)
        if not function.takes(count):
            least = f"at least {function.least}" if function.variadic else str(function.least)
            raise TemplateFailure(f"{name} takes {least} arguments, not {count}")
        values = [
            _constant(arg[1], function.parameter(index)) if arg[0] == "const" else self._operand(arg, dot, variables)
            for index, arg in enumerate(args)
        ]
        if final is not _MISSING:
            values.append(final)
        for index, value in enumerate(values):
            _check(name, value, function.parameter(index))
        return function.run(self._environment, *given, *values)


def _constant(value: Any, wanted: str) -> Any:
    """Returns a constant as Go gives it to a parameter: 28800e9 is a whole number where one is wanted."""
    whole = wanted == "int" and type(value) is float and value.is_integer() and abs(value) < 2**63
    return int(value) if whole else value


def _check(name: str, value: Any, wanted: str) -> None:
    """Raises TemplateFailure for an argument of another type: safeHtml's result, too, is no string."""
    if wanted == "any":
        return
    kind = type_name(value)
    if wanted == "int" and kind_of(value) in ("int", "uint"):
        return
    if kind != wanted:
        raise TemplateFailure(f"{name} takes a {wanted} here, not {'nil' if value is None else kind}")
