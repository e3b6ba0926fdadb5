"""A command of the AWS CLI, held against botocore's own service models: no account and no network."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped]  # no stubs in the locked environment
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]  # as above

GLOBAL = {
    *("--region", "--profile", "--output", "--query", "--no-cli-pager", "--cli-input-json", "--cli-binary-format"),
    *("--max-items", "--page-size", "--starting-token", "--no-paginate"),
}
# What the CLI adds by itself, without an operation of the service behind it.
OWN = {
    ("logs", "tail"): {"--since", "--follow", "--format", "--filter-pattern", "--log-stream-names"},
    ("rds", "generate-db-auth-token"): {"--hostname", "--port", "--username"},
}
Shape = Any  # botocore's shapes have no types; a tuple ("list", shape) is a list that a query made


@cache
def service(name: str) -> Any:
    session = botocore.session.get_session()
    return session.get_service_model(name)


@cache
def waiters(name: str) -> dict[str, str]:
    """The waiters of a service in the CLI's spelling, with the operation that each asks."""
    model = botocore.session.get_session().get_waiter_model(name)
    return {xform_name(each, "-"): model.get_waiter(each).operation for each in model.waiter_names}


def problems(words: list[str], *, whole: bool = True) -> list[str]:
    """Returns what the CLI would refuse in `aws WORD…`. A command that is not `whole` may lack required options."""
    plain = [word for word in words if not word.startswith("-")]
    if len(plain) < 2:
        return ["no service and operation"]
    name, verb = plain[:2]
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    if (name, verb) in OWN:
        return [f"{name} {verb} has no {option}" for option in sorted(given - OWN[name, verb] - GLOBAL)]
    try:
        model = service(name)
    except UnknownServiceError:
        return [f"no service {name}"]
    if verb == "wait":
        if len(plain) < 3 or plain[2] not in waiters(name):
            return [f"{name} has no waiter {plain[2:3]}"]
        wanted = waiters(name)[plain[2]]
    else:
        operations = {xform_name(each, "-"): each for each in model.operation_names}
        if verb not in operations:
            return [f"{name} has no operation {verb}"]
        wanted = operations[verb]
    operation = model.operation_model(wanted)
    lacks = _lacking(operation, given) if whole else []
    return _unknown(operation, given) + lacks + _values(operation, words) + _query(operation, words)


def _members(operation: Any) -> dict[str, Any]:
    return {f"--{xform_name(each, '-')}": kind for each, kind in _input(operation)}


def _input(operation: Any) -> list[tuple[str, Any]]:
    return list(operation.input_shape.members.items()) if operation.input_shape else []


def _unknown(operation: Any, given: set[str]) -> list[str]:
    members = _members(operation)
    denials = {f"--no-{option[2:]}" for option, kind in members.items() if kind.type_name == "boolean"}
    return [f"{operation.name} has no {option}" for option in sorted(given - set(members) - denials - GLOBAL)]


def _lacking(operation: Any, given: set[str]) -> list[str]:
    if "--cli-input-json" in given or not operation.input_shape:
        return []
    required = {f"--{xform_name(each, '-')}" for each in operation.input_shape.required_members}
    denied = {f"--{option.removeprefix('--no-')}" for option in given}  # a flag's own "no" is a value too
    return [f"{operation.name} needs {option}" for option in sorted(required - given - denied)]


def _values(operation: Any, words: list[str]) -> list[str]:
    """Returns the values that are none of an option's own, and the keys that its structure does not have."""
    members, option, found = _members(operation), "", list[str]()
    for word in words:
        if word.startswith("--"):
            option = word
        elif option in members and "$" not in word and word[:1] not in "[{":
            shape = members[option]
            shape = shape.member if shape.type_name == "list" else shape
            if word not in (getattr(shape, "enum", None) or [word]):
                found.append(f"{operation.name} {option} takes no {word}")
            if shape.type_name == "structure":
                keys = re.findall(r"(?:^|,)(\w+)=", re.sub(r"[{\[].*?[\]}]+", "", word))
                found += [f"{operation.name} {option} has no {key}" for key in keys if key not in shape.members]
    return found


def _query(operation: Any, words: list[str]) -> list[str]:
    if "--query" not in words:
        return []
    text = words[words.index("--query") + 1]
    try:
        parsed = jmespath.compile(text).parsed
    except JMESPathError as error:
        return [f"{text}: {error}"]
    found: list[str] = []
    _walk(parsed, operation.output_shape, found)
    return [f"{operation.name} {text}: {problem}" for problem in found]


def _walk(node: Any, shape: Shape, found: list[str]) -> Shape:
    """The shape that a part of a query gives, None where it cannot be known. What is not there goes to `found`."""
    kind, parts = node["type"], node["children"]
    if shape is None or kind in {"current", "identity", "slice"}:
        return shape
    if kind == "field":
        return _member(shape, node["value"], found)
    if kind in {"subexpression", "pipe", "index_expression"}:
        for part in parts:
            shape = _walk(part, shape, found)
        return shape
    if kind in {"index", "flatten"}:
        return _element(shape) if kind == "index" else _flat(_walk(parts[0], shape, found))
    if kind in {"projection", "filter_projection"}:
        return _projection(parts, shape, found)
    if kind == "function_expression":
        return _function(node["value"], parts, shape, found)
    for part in parts:
        _walk(part, shape, found)
    return None


def _projection(parts: list[Any], shape: Shape, found: list[str]) -> Shape:
    element = _element(_walk(parts[0], shape, found))
    for condition in parts[2:]:
        _walk(condition, element, found)
    return ("list", _walk(parts[1], element, found))


def _function(name: str, parts: list[Any], shape: Shape, found: list[str]) -> Shape:
    first = _walk(parts[0], shape, found)
    for part in parts[1:]:
        by_element = part["type"] == "expref"
        _walk(part["children"][0] if by_element else part, _element(first) if by_element else shape, found)
    if name in {"max_by", "min_by"}:
        return _element(first)
    return first if name in {"sort_by", "sort", "reverse"} else None


def _member(shape: Shape, name: str, found: list[str]) -> Shape:
    type_name = "list" if isinstance(shape, tuple) else shape.type_name
    if type_name == "structure" and name in shape.members:
        return shape.members[name]
    if type_name == "map":
        return shape.value
    found.append(f"no {name} in a {type_name}")
    return None


def _element(shape: Shape) -> Shape:
    if isinstance(shape, tuple):
        return shape[1]
    return shape.member if shape is not None and shape.type_name == "list" else None


def _flat(shape: Shape) -> Shape:
    inner = _element(shape)
    is_list = isinstance(inner, tuple) or (inner is not None and inner.type_name == "list")
    return ("list", _element(inner)) if is_list else shape
