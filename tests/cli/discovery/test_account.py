"""What is found in an account: every kind, its owner, page after page, and without the permission for one service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from cli.cloud import Client
from cli.discovery import account as reading
from cli.discovery.account import READERS, NoSelection, Unread, discover
from cli.discovery.item import Item
from tests.cli.discovery.account import account, add_database, denying, fill


@pytest.fixture(name="client")
def _client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """An empty account, and credentials that are none."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.setenv("MOTO_RDS_SNAPSHOT_LIMIT", "9999")
    with account() as client:
        yield client


def test_one_of_every_kind_is_found_with_class_engine_and_relations(client: Client) -> None:
    fill(client)
    found, unread = discover(client, {})
    assert unread == ()
    shown = {(one.kind, one.properties["id"]): dict(one.properties) for one in found}
    balancers = [key for key in shown if key[0] == "load_balancers"]
    assert shown["databases", "shop-db"] == {
        "id": "shop-db", "engine": "postgres", "class": "db.m7g.large", "storage_gb": 100, "storage_type": "gp2",
    }  # fmt: skip
    assert shown["clusters", "ledger"] == {"id": "ledger", "engine": "aurora-postgresql", "class": "db.r7g.large"}
    assert shown["caches", "tokens"] == {"id": "tokens", "engine": "redis", "class": "cache.t4g.small", "nodes": 2}
    assert shown["caches", "carts"] == {"id": "carts", "engine": "valkey", "serverless": True}
    assert shown["queues", "jobs"] == {"id": "jobs", "dead_letter_queue": "jobs-dead"}
    service = shown["services", "cart"]
    assert (service["cluster"], service["launch"], service["container_insights"]) == ("apps", "ec2", "standard")
    assert [("load_balancers", service["load_balancer"])] == balancers
    assert str(service["target_group"]).startswith("targetgroup/cart/")
    assert len(shown) == len(found) == 8


def test_the_owner_is_read_from_tags_whatever_their_case(client: Client) -> None:
    fill(client)
    labels = {one.properties["id"]: dict(one.labels) for one in discover(client, {})[0]}
    assert labels["shop-db"] == {"service": "shop", "team": "commerce"}
    assert labels["jobs"] == {"service": "jobs"}  # a comma cannot stand in a label
    assert labels["ledger"] == {}


def test_a_tag_selects(client: Client) -> None:
    fill(client)
    assert [one.properties["id"] for one in discover(client, {"Owner": "commerce"})[0]] == ["shop-db"]
    assert [one.properties["id"] for one in discover(client, {"Owner": ""})[0]] == ["shop-db"]
    assert discover(client, {"Owner": "nobody"})[0] == ()


def test_a_service_without_permission_is_named_and_the_others_go_on(client: Client) -> None:
    fill(client)
    found, unread = discover(denying(client, "sqs", "rds"), {})
    assert unread == (
        Unread(service="RDS", why="AccessDenied (ListThem)"),
        Unread(service="Aurora", why="AccessDenied (ListThem)"),
        Unread(service="SQS", why="AccessDenied (ListThem)"),
    )
    assert {one.kind for one in found} == {"caches", "services", "load_balancers"}


def test_an_answer_that_is_not_of_the_service_counts_as_unread(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(client)

    def proxied(_: Client) -> Iterator[Item]:
        raise ResponseParserError("Unable to parse response, invalid XML received: <!doctype html>")

    monkeypatch.setitem(READERS, "SQS", proxied)
    found, unread = discover(client, {})
    assert unread == (Unread(service="SQS", why="something other than AWS answered"),)
    assert len(found) > 4


def test_tags_without_permission_cost_the_owners_and_not_the_resources(client: Client) -> None:
    fill(client)
    denied = denying(client, "resourcegroupstaggingapi")
    found, unread = discover(denied, {})
    assert [one.service for one in unread] == ["tags"]
    assert len(found) == 8
    with pytest.raises(NoSelection, match="AccessDenied"):
        discover(denied, {"team": "a"})


def test_an_account_of_more_than_a_page_of_queues_is_read_to_its_end(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1001):  # a thousand are a page
        client("sqs").create_queue(QueueName=f"work-{number:04}")
    monkeypatch.setattr(reading, "READERS", {"SQS": reading.READERS["SQS"]})
    found, unread = discover(client, {})
    assert (len(found), unread) == (1001, ())


def test_databases_are_read_page_after_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(130):  # moto gives a hundred a page
        add_database(client, f"db-{number:04}")
    monkeypatch.setattr(reading, "READERS", {"RDS": reading.READERS["RDS"]})
    assert len(discover(client, {})[0]) == 130


def test_a_queue_that_goes_while_it_is_read_is_left_out(client: Client) -> None:
    client("sqs").create_queue(QueueName="jobs")

    class Going:
        def __getattr__(self, name: str) -> object:
            return getattr(client("sqs"), name)

        def get_queue_attributes(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}}, "GetQueueAttributes")

    found, unread = discover(lambda service: Going() if service == "sqs" else client(service), {})
    assert ([one.kind for one in found], unread) == (["caches"], ())


def test_throttling_is_answered_with_more_tries_and_backoff() -> None:
    from cli.discover import client_of

    retries = client_of("eu-west-1")("sqs").meta.config.retries
    assert (retries["total_max_attempts"], retries["mode"]) == (10, "standard")
