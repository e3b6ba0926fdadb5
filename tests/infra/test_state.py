"""The table and the secret."""

from __future__ import annotations

from alertrelay.aws.state import items

from tests.infra.template import Template


def test_the_table_has_the_protocols_keys_expiry_and_point_in_time_recovery(relay: Template) -> None:
    table = relay.only("AWS::DynamoDB::Table")["Properties"]
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    kinds = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    assert kinds == {"pk": "S", "sk": "S", "shard": "S", "next_due": "N"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_what_is_due_is_found_by_an_index_that_holds_keys_only(relay: Template) -> None:
    (index,) = relay.only("AWS::DynamoDB::Table")["Properties"]["GlobalSecondaryIndexes"]
    assert index == {
        "IndexName": items.DUE_INDEX,
        "KeySchema": [
            {"AttributeName": "shard", "KeyType": "HASH"},
            {"AttributeName": "next_due", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }


def test_what_prod_knows_outlives_its_stack(prod: Template) -> None:
    assert prod.only("AWS::DynamoDB::Table")["Properties"]["DeletionProtectionEnabled"] is True
    for kind in ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::KMS::Key"):
        assert prod.only(kind)["DeletionPolicy"] == "Retain"
        assert prod.only(kind)["UpdateReplacePolicy"] == "Retain"


def test_dev_can_be_destroyed(dev: Template) -> None:
    assert dev.only("AWS::DynamoDB::Table")["Properties"].get("DeletionProtectionEnabled", False) is False
    assert dev.only("AWS::SecretsManager::Secret")["DeletionPolicy"] == "Delete"


def test_a_deploy_never_sets_the_secrets_value_again(relay: Template) -> None:
    secret = relay.only("AWS::SecretsManager::Secret")["Properties"]
    assert "SecretString" not in secret
    # CloudFormation generates at creation, and again only when these change: they must stay as they are for ever.
    assert secret["GenerateSecretString"] == {"SecretStringTemplate": "{}", "GenerateStringKey": "placeholder"}


def test_nobody_is_let_in_to_the_secret_by_a_policy_of_its_own(relay: Template) -> None:
    assert not any(r["Type"] == "AWS::SecretsManager::ResourcePolicy" for r in relay.document["Resources"].values())
