"""What holds state or is known to others by its name is never replaced by an upgrade.

retained.json is of the first deployments: logical ids, types and each property whose change means a replacement
(docs.aws.amazon.com/AWSCloudFormation, "Update requires: Replacement"). It is not regenerated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.template import Template

REPLACING = {
    "AWS::DynamoDB::Table": ("TableName", "KeySchema", "LocalSecondaryIndexes"),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion", "Origin"),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SNS::Topic": ("TopicName", "FifoTopic"),
    "AWS::SecretsManager::Secret": ("Name",),
}
FIRST: Mapping[str, Mapping[str, Any]] = json.loads((Path(__file__).parent / "retained.json").read_text())


@pytest.mark.parametrize("logical_id", FIRST)
def test_no_upgrade_replaces_what_is_retained(prod: Template, logical_id: str) -> None:
    resource = prod.document["Resources"][logical_id]
    properties = resource.get("Properties", {})
    kept = {name: properties[name] for name in REPLACING[resource["Type"]] if name in properties}
    assert {"Type": resource["Type"], **kept} == FIRST[logical_id]
