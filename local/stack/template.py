"""A synthesised template in two halves: what moto's CloudFormation makes, and what is made from the template by API.

No intrinsic function is resolved by hand: each leaf of the second half becomes an output of the stack, which moto
resolves like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NOT_IN_MOTO = frozenset(
    {
        "AWS::ApiGatewayV2::Api",  # moto runs no function behind one: `alertrelay serve` answers HTTP
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudWatch::Alarm",
        "AWS::CodeDeploy::Application",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::Events::ApiDestination",
        "AWS::Events::Connection",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::EventSourceMapping",  # moto would run the function in Docker
        "AWS::Lambda::Permission",  # moto knows no alias before it is there, and asks for no permission
        "AWS::Lambda::Version",
        "AWS::Logs::MetricFilter",
        "AWS::S3::BucketPolicy",
        "AWS::SecretsManager::Secret",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
)
_NAMED_ONLY = (
    "AWS::ApiGatewayV2::Api",
    "AWS::CodeDeploy::Application",
    "AWS::Events::ApiDestination",
    "AWS::Events::Connection",
)
FIRST_VERSION = "1"
_RESOLVED = (
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
)


@dataclass(frozen=True, slots=True)
class _Exported:
    """A leaf whose value is that output of the stack."""

    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`body` is for create_stack; `left_out` are the resources that are made by API, by logical id."""

    body: Mapping[str, Any]
    left_out: Mapping[str, Any] = field(repr=False)

    def resources(self, kind: str, outputs: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """The properties of the left out resources of a type, with the stack's outputs filled in."""
        for resource in self.left_out.values():
            if resource["Type"] == kind:
                yield _filled(resource["Properties"], outputs)


def secrets_of(template: Mapping[str, Any]) -> list[str]:
    """The logical ids of the template's secrets."""
    return [name for name, r in template["Resources"].items() if r["Type"] == "AWS::SecretsManager::Secret"]


def prepare(template: Mapping[str, Any], *, secrets: Mapping[str, str]) -> Prepared:
    """`secrets` has the ARN of each secret, which exists already, by logical id. Raises KeyError for a missing one."""
    refs = {**_without_resource(template), **{name: secrets[name] for name in secrets_of(template)}}
    resources = _with_refs(template["Resources"], refs)
    outputs = {n: {"Value": o["Value"]} for n, o in _with_refs(template.get("Outputs", {}), refs).items()}
    left_out = {}
    for name, resource in resources.items():
        if resource["Type"] in _RESOLVED:
            properties = _exported(resource["Properties"], outputs)
            left_out[name] = {"Type": resource["Type"], "Properties": properties}
    made = {n: _as_moto_takes_it(r) for n, r in resources.items() if r["Type"] not in NOT_IN_MOTO}
    return Prepared(body={"Resources": made, "Outputs": outputs}, left_out=left_out)


def _without_resource(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands for a reference to what is not made here: for a version and an alias the function's ARN with
    it, a version being the first one as in a first deploy; for what only names itself its logical id."""
    found: dict[str, Any] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] in _NAMED_ONLY:
            found[name] = name
        if resource["Type"] in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
            qualifier = resource["Properties"].get("Name", FIRST_VERSION)
            function = resource["Properties"]["FunctionName"]["Ref"]
            found[name] = {"Fn::Join": ["", [{"Fn::GetAtt": [function, "Arn"]}, f":{qualifier}"]]}
    return found


def _as_moto_takes_it(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Without DependsOn: moto has an order of its own, and a dependency may be among what it does not make. Without
    tags, which its KMS cannot read; nothing here needs them."""
    properties = {key: value for key, value in resource.get("Properties", {}).items() if key != "Tags"}
    return {**{k: v for k, v in resource.items() if k != "DependsOn"}, "Properties": properties}


def _with_refs(value: Any, refs: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        if list(value) == ["Fn::GetAtt"] and value["Fn::GetAtt"][0] in refs:
            name, attribute = value["Fn::GetAtt"]
            return FIRST_VERSION if attribute == "Version" else refs[name]
        if list(value) == ["Ref"] and value["Ref"] in refs:
            return refs[value["Ref"]]
        return {key: _with_refs(inner, refs) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_refs(inner, refs) for inner in value]
    return value


def _exported(value: Any, outputs: dict[str, Any]) -> Any:
    """`value` with each intrinsic function replaced by an output, which is added to `outputs`."""
    if isinstance(value, dict):
        if len(value) == 1 and (key := next(iter(value))) and (key == "Ref" or key.startswith("Fn::")):
            name = f"Leaf{len(outputs)}"
            outputs[name] = {"Value": value}
            return _Exported(name)
        return {key: _exported(inner, outputs) for key, inner in value.items()}
    if isinstance(value, list):
        return [_exported(inner, outputs) for inner in value]
    return value


def _filled(value: Any, outputs: Mapping[str, str]) -> Any:
    if isinstance(value, _Exported):
        return outputs[value.output]
    if isinstance(value, dict):
        return {key: _filled(inner, outputs) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, outputs) for inner in value]
    return value
