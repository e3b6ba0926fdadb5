"""Reads the alarms of a region of an account, of every type and page by page, each with its tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alertrelay.aws.alarms.asking import alarm_types, seen_types
from alertrelay.values.text import how_many

from cli.adoption.alarm import PUTS, ReadAlarm
from cli.cloud import UNREADABLE, Client, unreadable

PAGE = 100
"""The most that DescribeAlarms and GetResources give a page."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRegion:
    """The alarms of a region. `unknown` are types of alarm that this boto3 cannot see."""

    region: str
    alarms: Sequence[ReadAlarm]
    unknown: Sequence[str] = ()


def read_region(region: str, client: Client, say: Say) -> ReadRegion:
    """Returns all alarms of a region, in order of their names. Raises CloudUnreadable: of half of the alarms it would
    not be known which of them are parts of a composite alarm."""
    cloudwatch = client("cloudwatch")
    found = [*_described(cloudwatch, {}, say)]
    tags = _tags(client, say) if found else {}
    alarms = [
        ReadAlarm(kind=kind, region=region, fields=fields, tags=tags.get(fields["AlarmArn"], {}))
        for kind, fields in found
    ]
    return ReadRegion(
        region=region,
        alarms=sorted(alarms, key=lambda alarm: alarm.name),
        unknown=sorted(set(PUTS) - seen_types(cloudwatch)),
    )


def read_alarm(client: Client, name: str, region: str) -> ReadAlarm | None:
    """Returns one alarm with its tags as they are now, None where there is none. Raises CloudUnreadable."""
    cloudwatch = client("cloudwatch")
    for kind, fields in _described(cloudwatch, {"AlarmNames": [name]}, lambda _: None):
        return ReadAlarm(kind=kind, region=region, fields=fields, tags=_tags_of(cloudwatch, fields["AlarmArn"]))
    return None


def put_parameters(cloudwatch: Any) -> dict[str, Sequence[str]]:
    """Returns the parameters of the operation that writes each type of alarm, as far as this boto3 knows it."""
    model = cloudwatch.meta.service_model
    known = {kind: operation for kind, operation in PUTS.items() if operation in model.operation_names}
    return {kind: list(model.operation_model(operation).input_shape.members) for kind, operation in known.items()}


def _described(cloudwatch: Any, question: Mapping[str, Any], say: Say) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields each alarm with its type, which is the name of the list that it stands in."""
    asked = {"AlarmTypes": alarm_types(cloudwatch), "MaxRecords": PAGE, **question}
    count = 0
    for page in pages("the alarms", cloudwatch.describe_alarms, asked):
        for key, listed in page.items():
            if key.endswith("Alarms") and isinstance(listed, list):
                count += len(listed)
                yield from ((key.removesuffix("s"), fields) for fields in listed)
        say(how_many(count, "alarm"))


def _tags(client: Client, say: Say) -> dict[str, Mapping[str, str]]:
    """Returns the tags of all alarms by ARN: a request for a hundred, where ListTagsForResource takes one each."""
    tagging = client("resourcegroupstaggingapi")
    found: dict[str, Mapping[str, str]] = {}
    token = ""
    while True:
        question = {"ResourceTypeFilters": ["cloudwatch:alarm"], "ResourcesPerPage": PAGE}
        try:
            page = tagging.get_resources(**question, **({"PaginationToken": token} if token else {}))
        except UNREADABLE as error:
            raise unreadable("the tags of the alarms", error) from None
        for one in page.get("ResourceTagMappingList", ()):
            found[one["ResourceARN"]] = _plain(one.get("Tags", ()))
        say(f"the tags of {how_many(len(found), 'alarm')}")
        token = page.get("PaginationToken", "")
        if not token:
            return found


def _tags_of(cloudwatch: Any, arn: str) -> Mapping[str, str]:
    try:
        return _plain(cloudwatch.list_tags_for_resource(ResourceARN=arn).get("Tags", ()))
    except UNREADABLE as error:
        raise unreadable(f"the tags of {arn}", error) from None


def _plain(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def pages(what: str, operation: Callable[..., Any], question: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yields the pages of an answer. Raises CloudUnreadable."""

    token: Mapping[str, str] = {}
    while True:
        try:
            page = operation(**question, **token)
        except UNREADABLE as error:
            raise unreadable(what, error) from None
        yield page
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}
