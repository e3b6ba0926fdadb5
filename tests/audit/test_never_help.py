"""Alarms that can never help are named with every reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from alertrelay.aws.alarms.resources import _QUESTIONS, deleted_resource
from alertrelay.dispatch.audit.never_help import NO_DATA_FOR, never_help, of_environment
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.aws.test_alarms_survey import ARN, NOW, TOPIC, described

OURS = (TOPIC, TOPIC.replace("critical", "warning"))
HEAD = "arn:aws:sns:eu-central-1:111122223333:"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"state": "INSUFFICIENT_DATA", "StateTransitionedTimestamp": NOW - NO_DATA_FOR}, "no data since"),
        ({"ActionsEnabled": False}, "disabled"),
        ({"AlarmActions": []}, "no action for ALARM"),
        ({"OKActions": []}, "no action for OK"),
        ({"EvaluationState": "EVALUATION_ERROR"}, "EVALUATION_ERROR"),
        ({"OKActions": [f"{HEAD}alertrelay-prod-crit"]}, "alertrelay-prod-crit does not exist"),
        ({"OKActions": [TOPIC.replace("eu-central-1", "us-east-1")]}, "is in us-east-1, and the alarm in eu-central-1"),
        ({"OKActions": [f"{HEAD}theirs"]}, ""),
        ({"EvaluationState": "IN_WARM_UP"}, ""),
        ({"state": "INSUFFICIENT_DATA", "StateTransitionedTimestamp": NOW - timedelta(days=6)}, ""),
    ],
)
def test_an_alarm_that_can_never_help_is_named_with_the_reason(more: dict[str, Any], why: str) -> None:
    found = [one.why for one in never_help([described("cpu", **more)], OURS, now=NOW)]
    assert (len(found), why in "".join(found)) == (bool(why), True)


QUIET: dict[str, Any] = {"state": "INSUFFICIENT_DATA", "StateTransitionedTimestamp": NOW - NO_DATA_FOR}


def of_instance(name: str = "orders", **more: Any) -> Any:
    """An alarm on an instance of RDS, without data for a week."""
    dimensions = [{"Name": "DBInstanceIdentifier", "Value": name}]
    return described(f"{name}-cpu", **QUIET, Namespace="AWS/RDS", Dimensions=dimensions, **more)


class Rds:
    """An RDS that answers one error, or with the instance."""

    def __init__(self, error: str) -> None:
        self.error = error

    def describe_db_instances(self, *, DBInstanceIdentifier: str) -> Any:  # noqa: N803 - the service's word
        """DescribeDBInstances."""
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": ""}}, "DescribeDBInstances")
        return {"DBInstances": [{"DBInstanceIdentifier": DBInstanceIdentifier}]}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("DBInstanceNotFound", "its DBInstanceIdentifier orders does not exist any more"),
        ("AccessDenied", "does its resource still exist?"),
        ("Throttling", "does its resource still exist?"),
        ("", "does its resource still exist?"),
    ],
)
def test_a_resource_that_was_deleted_is_named_where_its_service_says_so(answer: str, why: str) -> None:
    """One that may not be asked for is not known: never taken for deleted."""
    services: list[str] = []

    def client_of(service: str) -> Any:
        services.append(service)
        return Rds(answer)

    alarms = [of_instance(), described("disk", Dimensions=[{"Name": "Path", "Value": "/"}], **QUIET)]
    found = list(never_help(alarms, OURS, now=NOW, deleted=lambda alarm: deleted_resource(alarm, client_of)))
    assert services == ["rds"], "nobody is asked about a dimension that names no resource"
    assert why in next(one.why for one in found if one.alarm.endswith("orders-cpu"))
    assert "does its resource still exist?" in next(one.why for one in found if one.alarm.endswith("disk"))


def test_every_question_is_one_that_botocore_knows() -> None:
    for question in _QUESTIONS.values():
        model = botocore.session.get_session().get_service_model(question.service)
        operations = {xform_name(name): name for name in model.operation_names}
        asked: Any = model.operation_model(operations[question.operation]).input_shape
        shape = asked.members[question.parameter]
        assert shape.type_name == ("list" if question.many else "string")


def test_an_alarm_without_an_action_for_ok_is_not_said_to_help_never() -> None:
    (late,) = never_help([described("cpu", OKActions=[])], OURS, now=NOW)
    (never,) = never_help([described("cpu", OKActions=[], EvaluationState="EVALUATION_ERROR")], OURS, now=NOW)
    assert (late.kind, never.kind) == ("resolves late", "never helps")


def test_only_alarms_of_the_environment_are_listed() -> None:
    foreign = described("cpu", topic=f"{HEAD}theirs", OKActions=[])
    own = described("prod-orders-cpu", AlarmActions=[], OKActions=[])
    notifies = described("disk")
    found = of_environment([foreign, own, notifies], f"{HEAD}alertrelay-prod-", "prod")
    assert [one["AlarmArn"].removeprefix(ARN) for one in found] == ["prod-orders-cpu", "disk"]


@pytest.mark.parametrize(
    "named", ['ALARM("prod-slo-1h")', f"ALARM({ARN}prod-slo-1h) AND ALARM(other)", 'ALARM( "other" )']
)
def test_a_part_of_a_composite_alarm_needs_no_action_of_its_own(named: str) -> None:
    part = described("prod-slo-1h", AlarmActions=[], OKActions=[])
    composite = described("prod-slo", AlarmRule=named)
    found = [one.alarm.removeprefix(ARN) for one in never_help([part, composite], OURS, now=NOW)]
    assert found == ([] if "prod-slo-1h" in named else ["prod-slo-1h"])
