"""Checkov's findings: each is answered where it occurs. `make checkov` finds what is not."""

from __future__ import annotations

from infra.node import use_packaged_node

use_packaged_node()

from infra.checkov import ANSWERS, NO_OWN_KEY  # noqa: E402 - importing the CDK starts node, which is found first
from tests.infra.template import Template  # noqa: E402


def skipped(resource: dict[str, object]) -> dict[str, str]:
    """The answers in a resource's metadata, by the id of the check."""
    metadata = resource.get("Metadata")
    assert isinstance(metadata, dict)
    return {answer["id"]: answer["comment"] for answer in metadata.get("checkov", {}).get("skip", [])}


def test_each_answer_stands_with_its_reason_on_every_resource_of_its_type(relay: Template) -> None:
    for kind, answers in ANSWERS.items():
        for resource in relay.of_type(kind).values():
            assert skipped(resource) == answers


def test_only_the_two_topics_without_a_key_of_ours_are_excused_from_one(relay: Template) -> None:
    topics = relay.of_type("AWS::SNS::Topic").values()
    excused = {t["Properties"]["TopicName"].split("-", 2)[2] for t in topics if skipped(t) == NO_OWN_KEY}
    assert excused == {"ops", "last-resort"}
    assert all("KmsMasterKeyId" in t["Properties"] for t in topics if not skipped(t))
