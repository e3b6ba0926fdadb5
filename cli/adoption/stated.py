"""Reads the alarms that a file states: a CloudFormation template, `terraform show -json`, or an export. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from cli.adoption.alarm import PUTS, ReadAlarm
from cli.adoption.export import read_export
from cli.discovery.stated import Tolerant

_EXPECTED = (
    "expected a CloudFormation template (with Resources), what `terraform show -json` prints (with planned_values or "
    "values), or what `aws cloudwatch describe-alarms` prints"
)
_TEMPLATE = {
    "AWS::CloudWatch::Alarm": "MetricAlarm",
    "AWS::CloudWatch::CompositeAlarm": "CompositeAlarm",
    "AWS::CloudWatch::LogAlarm": "LogAlarm",
}
_TERRAFORM = {
    "aws_cloudwatch_metric_alarm": "MetricAlarm",
    "aws_cloudwatch_composite_alarm": "CompositeAlarm",
    "aws_cloudwatch_log_alarm": "LogAlarm",
}
_TERRAFORM_NAMES = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "actions_enabled": "ActionsEnabled",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
    "alarm_rule": "AlarmRule",
    "namespace": "Namespace",
    "metric_name": "MetricName",
}
"""What the rules and the plan read of an alarm, in Terraform's words and in CloudWatch's."""
MADE_AT_DEPLOY = "(made at the deploy)"
"""An action whose ARN the file does not have."""


class ForeignFile(Exception):
    """The file is none of those. The text says what was expected, what came, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The alarms of a file, what kind of file it is, and sentences about what of it could not be read."""

    what: str
    alarms: Sequence[ReadAlarm]
    faults: Sequence[str] = ()


def stated(raw: bytes, region: str) -> Stated:
    """Returns the alarms of a file. Raises ForeignFile."""
    text = _text(raw)
    try:
        document = _document(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        export = read_export(text)  # JSON lines are no YAML document
        if export.alarms:
            return Stated(what="an export", alarms=export.alarms, faults=export.faults)
        raise ForeignFile(
            f"is neither JSON nor YAML ({getattr(error, 'problem', None) or error}): {_EXPECTED}"
        ) from None
    if isinstance(document, dict) and isinstance(document.get("Resources"), dict):
        return Stated(what="a CloudFormation template", alarms=list(_of_template(document, region)))
    if isinstance(document, dict) and ("values" in document or "planned_values" in document):
        return Stated(what="`terraform show -json`", alarms=list(_of_terraform(document, region)))
    export = read_export(text)
    is_answer = isinstance(document, dict) and any(isinstance(document.get(f"{kind}s"), list) for kind in PUTS)
    if export.alarms or is_answer:
        return Stated(what="an export", alarms=export.alarms, faults=export.faults)
    raise ForeignFile(_foreign(document))


def _document(text: str) -> Any:
    """Raises yaml.YAMLError, ValueError, RecursionError."""
    try:
        return json.loads(text)  # which takes a hundredth of the time
    except ValueError:
        return yaml.load(text, Loader=Tolerant)


def _text(raw: bytes) -> str:
    if raw.startswith(b"PK"):
        raise ForeignFile("is a zip, as the plan that `terraform plan -out` writes: give `terraform show -json` of it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ForeignFile(f"is not UTF-8 from byte {error.start + 1} on: {_EXPECTED}") from None


def _foreign(document: Any) -> str:
    if not isinstance(document, dict):
        return f"holds {'nothing' if document is None else type(document).__name__}: {_EXPECTED}"
    if "terraform_version" in document and "resources" in document:
        return "is a state file of Terraform: give `terraform show -json` of it"
    if document.get("plan") == "alertrelay-adopt":
        return "is a plan of `alertrelay adopt`: review it, then give it to --apply"
    return f"holds {', '.join(map(str, list(document)[:4])) or 'an empty mapping'}: {_EXPECTED}"


def _of_template(document: Mapping[str, Any], region: str) -> Iterator[ReadAlarm]:
    for logical, resource in document["Resources"].items():
        kind = _TEMPLATE.get(str(resource.get("Type"))) if isinstance(resource, dict) else None
        properties = resource.get("Properties") if kind else None
        if kind and isinstance(properties, dict):
            fields = {key: _plain(value) for key, value in properties.items() if key != "Tags"}
            tags = properties.get("Tags") if isinstance(properties.get("Tags"), list) else ()
            yield ReadAlarm(
                kind=kind,
                region=region,
                fields=fields,
                tags={str(one["Key"]): str(_plain(one.get("Value", ""))) for one in tags or () if "Key" in one},
                place=str(logical),
            )


def _plain(value: Any) -> Any:
    """Returns a value with intrinsic functions as a text: `Ref Topic`."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        name, inner = next(iter(value.items())) if len(value) == 1 else ("", None)
        if name == "Ref" or name.startswith("Fn::") or name in ("GetAtt", "Sub", "ImportValue", "Join"):
            said = ".".join(map(str, inner)) if isinstance(inner, list) else str(inner)
            return f"{name.removeprefix('Fn::')} {said}"
        return {key: _plain(one) for key, one in value.items()}
    return value


def _of_terraform(document: Mapping[str, Any], region: str) -> Iterator[ReadAlarm]:
    values = document.get("planned_values") or document.get("values") or {}
    for resource in _resources(values.get("root_module") or {}):
        kind = _TERRAFORM.get(str(resource.get("type")))
        of = resource.get("values")
        if kind and isinstance(of, dict):
            fields = {ours: of[theirs] for theirs, ours in _TERRAFORM_NAMES.items() if of.get(theirs) is not None}
            # What is known only after the deploy is not in planned_values: an action is there all the same.
            fields |= {
                ours: [MADE_AT_DEPLOY]
                for theirs, ours in _TERRAFORM_NAMES.items()
                if theirs.endswith("_actions") and theirs not in of
            }
            tags = of.get("tags_all") or of.get("tags") or {}
            place = str(resource.get("address") or resource.get("name") or "")
            yield ReadAlarm(
                kind=kind,
                region=str(of.get("region") or region),
                fields=fields,
                tags={str(key): str(value) for key, value in tags.items()},
                place=place,
            )


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in module.get("resources") or ():
        if isinstance(resource, dict) and resource.get("mode", "managed") == "managed":
            yield resource
    for child in module.get("child_modules") or ():
        yield from _resources(child)
