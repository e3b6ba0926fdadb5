"""Reads what a CloudFormation template or `terraform show -json` states, before or without any account. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from cli.discovery.cloudformation import of_template
from cli.discovery.item import OWN, Item
from cli.discovery.terraform import of_terraform


class NotStated(Exception):
    """The file is neither of the two. The text says what was expected."""


class Tolerant(yaml.SafeLoader):
    """Short forms such as !Ref become a mapping, as their long form is."""


def _short_form(loader: Tolerant, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {suffix: loader.construct_mapping(node, deep=True)}


Tolerant.add_multi_constructor("!", _short_form)


def stated(text: str, wanted: Mapping[str, str]) -> tuple[Item, ...]:
    """Return the resources with the tags `wanted`. Raises NotStated."""
    try:
        document = yaml.load(text, Loader=Tolerant)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NotStated(f"is neither JSON nor YAML: {getattr(error, 'problem', None) or error}") from None
    if isinstance(document, dict) and isinstance(document.get("Resources"), dict):
        found: Iterable[Item] = of_template(document)
    elif isinstance(document, dict) and ("values" in document or "planned_values" in document):
        found = of_terraform(document)
    else:
        raise NotStated("holds no Resources (CloudFormation) and no values (`terraform show -json`)")
    return tuple(
        one
        for one in found
        if not str(one.properties["id"]).startswith(OWN)
        and all(one.tags.get(key) == value or (not value and key in one.tags) for key, value in wanted.items())
    )
