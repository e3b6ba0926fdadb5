"""Which of several sentences is the best for a person, and what is no name."""

from __future__ import annotations

import pytest
from alertrelay.sources.awsevent.event import resource_name
from alertrelay.sources.awsevent.general import page
from alertrelay.sources.awsevent.sentences import best, is_hash


@pytest.mark.parametrize(
    ("candidates", "state", "expected"),
    [
        (["Essential container in task exited", "OutOfMemoryError: killed"], "FAILED", "OutOfMemoryError: killed"),
        (["Test run result is generated successfully", "TimeoutError: 30 s"], "FAILED", "TimeoutError: 30 s"),
        (["Test run result is generated successfully"], "FAILED", ""),
        (["Service status is set to CREATE_FAILED."], "CREATE_FAILED", ""),
        (["FAILED", "The role is missing."], "FAILED", "The role is missing."),
        (["ACCESS_DENIED", "Access to the bucket was denied."], "FAILED", "Access to the bucket was denied."),
        (["ACCESS_DENIED"], "FAILED", "ACCESS_DENIED"),
        (["Job failed, please check complete logs"], "FAILED", "Job failed, please check complete logs"),
        (["first of two", "second of two"], "RUNNING", "first of two"),
        (["", "  "], "FAILED", ""),
        ([], "", ""),
    ],
)
def test_the_best_sentence_wins_not_the_first(candidates: list[str], state: str, expected: str) -> None:
    assert best(candidates, state=state) == expected


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:apprunner:us-east-1:123456789012:service/my-app/8fe1e10304f84fd2b0df550fe98a71fa", "my-app"),
        ("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188", "web"),
        ("arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
         "1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("arn:aws:lambda:us-east-1:123456789012:function:pay:$LATEST", "pay"),
        ("arn:aws:s3:::bucket", "bucket"),
        ("arn:aws:rds:us-east-1:123456789012:db:orders-db", "orders-db"),
        ("arn:aws:cloudformation:us-east-1:123456789012:stack/shop/0a1b", "shop"),
        ("no arn", "no arn"),
    ],
)  # fmt: skip
def test_a_resource_is_named_by_a_word_rather_than_a_hash(arn: str, name: str) -> None:
    assert resource_name(arn) == name


@pytest.mark.parametrize(("name", "expected"), [("8fe1e10304f8", True), ("checkout", False), ("deadbeefcafe", False)])
def test_a_hash_is_a_long_run_of_hexadecimal_digits(name: str, expected: bool) -> None:
    assert is_hash(name) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/ec2/home?region=eu-central-1#InstanceDetails:instanceId=",
        "/codesuite/codebuild/projects//history?region=eu-central-1",
        "/cloudtrail/home?region=eu-central-1#/events/",
        "/lambda/home?region=eu-central-1#/functions/?tab=monitoring",
        "/securityhub/home?region=eu-central-1#/findings?search=Id%3D",
        "",
    ],
)
def test_an_address_that_lacks_its_id_is_none(path: str) -> None:
    assert page("eu-central-1", path) == ""
