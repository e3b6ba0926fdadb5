"""A synthesised template as the sam command takes it: assets are folders beside it, and nothing of the CDK is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

TRANSFORM = "AWS::Serverless-2016-10-31"
ASSETS: Mapping[str, str] = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}
"""The property that `sam package` uploads a folder for, by type of resource."""


def sam_template(template: Mapping[str, Any], folders: Mapping[str, str]) -> dict[str, Any]:
    """Return a template in which each asset is the path that `folders` has for its `aws:asset:path`.

    The bootstrap version, its rule and the CDK's metadata are left out, and a DependsOn that a reference implies, which
    sam's linter refuses. Logical ids stay, so a stack of one is updated by the other. Raises KeyError for an asset that
    `folders` does not have.
    """
    resources = {name: _resource(resource, folders) for name, resource in template["Resources"].items()}
    parameters = {k: v for k, v in template.get("Parameters", {}).items() if k != "BootstrapVersion"}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": TRANSFORM,
        **({"Description": template["Description"]} if "Description" in template else {}),
        **({"Parameters": parameters} if parameters else {}),
        "Resources": {name: _substituted(resource) for name, resource in resources.items()},
        **({"Outputs": template["Outputs"]} if "Outputs" in template else {}),
    }


def asset_paths(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the type of each resource that has an asset, and the asset's path in the assembly."""
    for resource in template["Resources"].values():
        if resource["Type"] in ASSETS:
            yield resource["Type"], resource["Metadata"]["aws:asset:path"]


def _resource(resource: Mapping[str, Any], folders: Mapping[str, str]) -> dict[str, Any]:
    made = {key: value for key, value in resource.items() if key not in ("Metadata", "DependsOn")}
    if asset := ASSETS.get(resource["Type"]):
        made["Properties"] = {**resource["Properties"], asset: folders[resource["Metadata"]["aws:asset:path"]]}
    depends = resource.get("DependsOn", [])
    implied = set(_references(resource.get("Properties", {})))
    if left := [name for name in ([depends] if isinstance(depends, str) else depends) if name not in implied]:
        made["DependsOn"] = left
    return made


def _substituted(value: Any) -> Any:
    """A join without a delimiter as Fn::Sub, which cfn-lint (W3694) asks for where it cannot see through a join."""
    if isinstance(value, list):
        return [_substituted(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _substituted(one) for key, one in value.items()}
    parts = made["Fn::Join"][1] if set(made) == {"Fn::Join"} and made["Fn::Join"][0] == "" else []
    texts = [_as_text(part) for part in parts] if isinstance(parts, list) else []
    return {"Fn::Sub": "".join(texts)} if texts and all(texts) else made


def _as_text(part: Any) -> str:
    """A part of a join as Fn::Sub writes it, "" where it cannot."""
    match part:
        case str() if "${" not in part:
            return part
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
    return ""


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            yield value["Ref"]
        if isinstance(value.get("Fn::GetAtt"), list):
            yield value["Fn::GetAtt"][0]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
