"""Events of AWS as people and services really send them: cut down, or of types that no table had. Reworded."""

from __future__ import annotations

from typing import Any

import pytest


def event(service: str, kind: str, detail: object, **more: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "source": f"aws.{service}",
        "detail-type": kind,
        "account": "111122223333",
        "region": "eu-west-1",
        "time": "2026-11-20T08:50:00Z",
        "resources": [],
        "detail": detail,
        **more,
    }


def ends(one: Any, begin: dict[str, Any], end: dict[str, Any]) -> Any:
    fired, ended = one(begin), one(end)
    assert (fired.kind, fired.status, ended.status) == ("alert", "firing", "resolved")
    assert fired.state_key == ended.state_key
    return fired


def test_a_case_is_open_until_it_is_closed(one: Any) -> None:
    kinds = ("Case Created", "Case Closed")
    begin, end = (event("security-ir", kind, {"caseId": "7001", "createdBy": "ann"}) for kind in kinds)
    assert ends(one, begin, end).name == "SecurityIncidentCase"


@pytest.mark.parametrize("kind", ["Case Comment Created", "Case Updated"])
def test_a_comment_on_a_case_neither_opens_nor_closes_it(one: Any, kind: str) -> None:
    found = one(event("security-ir", kind, {"caseId": "7001"}))
    assert (found.kind, found.state_key) == ("event", "aws:e-1")


def test_a_recommendation_of_mail_is_open_until_it_is_resolved(one: Any) -> None:
    data = {
        "type": "SPF",
        "description": "The record is missing",
        "resourceArn": "arn:aws:ses:eu-west-1:1:identity/a",
    }
    kinds = ("Advisor Recommendation Status Open", "Advisor Recommendation Status Resolved")
    begin, end = (event("ses", kind, {"version": "1", "data": data}) for kind in kinds)
    fired = ends(one, begin, end)
    assert fired.name == "SESRecommendation"
    assert "The record is missing" in fired.annotations["summary"]
    other = one(event("ses", kinds[0], {"data": {**data, "type": "DMARC"}}))
    assert other.state_key != fired.state_key


@pytest.mark.parametrize("service", ["inspector2", "macie", "securityhub"])
def test_a_severity_that_no_route_names_is_none(one: Any, service: str) -> None:
    finding = {"Id": "f-1", "findingArn": "f-1", "id": "f-1", "title": "Port 22 is open", "ProductArn": "p"}
    kinds = {"inspector2": "Inspector2 Finding", "macie": "Macie Finding", "securityhub": "Findings Imported V2"}
    word = {"Label": "UNTRIAGED"} if service == "securityhub" else "UNTRIAGED"
    graded = {**finding, "Severity" if service == "securityhub" else "severity": word}
    detail = {"findings": [graded]} if service == "securityhub" else graded
    assert one(event(service, kinds[service], detail)).labels["severity"] == "warning"
    assert one(event(service, kinds[service], detail), "critical").labels["severity"] == "critical"


@pytest.mark.parametrize("wrap", [lambda each: {"Findings": [each]}, lambda each: {**each, "ProductArn": "p"}])
def test_findings_without_an_event_around_them_are_findings(one: Any, wrap: Any) -> None:
    finding = {"Id": "f-1", "Title": "Port 22 is open", "Severity": {"Label": "HIGH"}, "Resources": [{"Id": "i-7"}]}
    fired = ends(one, wrap(finding), wrap({**finding, "Workflow": {"Status": "RESOLVED"}}))
    assert (fired.name, fired.labels["severity"], fired.labels["resource"]) == ("SecurityHubFinding", "error", "i-7")


def test_a_task_that_is_made_to_stop_is_not_running(one: Any) -> None:
    task = {
        "clusterArn": "arn:aws:ecs:eu-west-1:1:cluster/main",
        "group": "service:cart",
        "lastStatus": "RUNNING",
        "desiredStatus": "STOPPED",
        "stoppedReason": "The capacity of your Spot Task was interrupted",
    }
    found = one(event("ecs", "ECS Task State Change", task), "info")
    assert (found.name, found.labels["severity"]) == ("ECSTaskStopping", "warning")
    assert "is stopping: The capacity of your Spot Task was interrupted" in found.annotations["summary"]


def test_a_task_that_a_deployment_stops_is_routine(one: Any) -> None:
    why = "Scaling activity initiated by deployment ecs-svc/1"
    task = {"group": "service:cart", "lastStatus": "RUNNING", "desiredStatus": "STOPPED", "stoppedReason": why}
    found = one(event("ecs", "ECS Task State Change", task), "info")
    assert (found.name, found.labels["severity"]) == ("ECSTaskRunning", "info")


@pytest.mark.parametrize(
    ("kind", "detail", "name", "said"),
    [
        ("Object Restore Expired", {}, "S3ObjectRestoreExpired", "S3 object restore expired: b/k"),
        ("Object Created", {"reason": "PutObject"}, "S3BucketPutObject", "S3 bucket b: PutObject. k"),
    ],
)
def test_an_object_without_a_reason_is_named_by_its_type(
    one: Any, kind: str, detail: dict[str, str], name: str, said: str
) -> None:
    found = one(event("s3", kind, {"bucket": {"name": "b"}, "object": {"key": "k"}, **detail}))
    assert (found.name, found.annotations["summary"]) == (name, f"{said} (eu-west-1)")


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"executionArn": "arn:aws:states:eu-west-1:1:execution:nightly:run-7"}, "execution of run-7: failed"),
        ({}, "Step Functions execution: failed"),
    ],
)
def test_a_run_without_its_machine_leaves_no_gap_in_the_sentence(one: Any, detail: dict[str, str], said: str) -> None:
    found = one(event("states", "Step Functions Execution Status Change", {"status": "FAILED", **detail}))
    assert said in found.annotations["summary"]


def test_a_bare_number_is_no_name(one: Any) -> None:
    detail = {"pipeline": "0", "alarm_id": "al-7", "alarm_state": "SET", "message": "There is no picture"}
    found = one(event("medialive", "MediaLive Channel Alert", detail))
    assert found.annotations["summary"].startswith("MediaLive Channel Alert al-7: set. There is no picture")
