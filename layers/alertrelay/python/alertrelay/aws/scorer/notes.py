"""Keeps the scorer's notes in the state table.

Keys: `R`/`R` the lease of a run, `D`/<time>#<id> deployments, `F`/<time>#<fingerprint> feedback, `N#<service>`/`N` what
other alerts of a service are to say of its anomalies: an attribute each, by fingerprint; `V#<fingerprint>`/`V` what a
person said last of an anomaly, which messages about it show.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alertrelay.anomaly.scorer.ports import Deployment, NotebookFailure, RunLease, Vote
from alertrelay.aws.state import items
from alertrelay.aws.state.table import Table
from alertrelay.ports import Clock
from alertrelay.state import StoreFailure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEPLOYMENTS_KEPT = 2 * 86_400
VOTES_KEPT = 400 * 86_400
VERDICTS_KEPT = 18 * 86_400
"""As long as a resolved alert is."""
MOST_DEPLOYMENTS = 100


class DynamoNotebook:
    """See scoring.ports.Notebook. `client` makes or gives the client; it is called with the first request."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str, clock: Clock) -> None:
        self._table = Table(client, table, clock)
        self._clock = clock

    def begin_run(self, *, owner: str, now: float, until: float) -> RunLease | None:
        """See scoring.ports.Notebook."""
        with _failing():
            taken, item = self._table.update(
                "R",
                "R",
                "SET #owner = :owner, #until = :until, v = :v",
                condition="attribute_not_exists(#owner) OR #until < :now",
                values={":owner": items.text(owner), ":until": _number(until), ":now": _number(now)},
                returns="ALL_NEW",
                done={"owner": items.text(owner)},
            )
        return RunLease(owner=owner, published=json.loads(item.get("told", {"S": "{}"})["S"])) if taken else None

    def end_run(self, lease: RunLease, *, published: Mapping[str, float]) -> None:
        """See scoring.ports.Notebook."""
        with _failing():
            self._table.update(
                "R",
                "R",
                "SET told = :told REMOVE #owner, #until",
                condition="#owner = :owner",
                values={":owner": items.text(lease.owner), ":told": items.as_json(dict(published))},
                done={"owner": None},
            )

    def keep_deployment(self, deployment: Deployment) -> None:
        """See scoring.ports.Notebook."""
        self._put("D", _place(deployment.at, deployment.id), deployment, lasts=DEPLOYMENTS_KEPT)

    def deployments(self, since: float) -> Sequence[Deployment]:
        """See scoring.ports.Notebook."""
        found = self._since("D", since, newest=MOST_DEPLOYMENTS)
        return [Deployment(**{**data, "names": tuple(data["names"])}) for data in reversed(found)]

    def add_vote(self, vote: Vote) -> None:
        """See scoring.ports.Notebook."""
        self._put("F", _place(vote.at, vote.fingerprint), vote, lasts=VOTES_KEPT)
        with _failing():
            self._table.update(
                items.verdict_key(vote.fingerprint),
                "V",
                "SET #at = :at, #started = :started, verdict = :verdict, #ttl = :ttl, v = :v",
                # One on an earlier firing, or an earlier one that comes late, replaces none.
                condition="attribute_not_exists(#at) OR #started < :started OR (#started = :started AND #at <= :at)",
                values={
                    ":at": _number(vote.at),
                    ":started": items.text(vote.started),
                    ":verdict": items.as_json(dataclasses.asdict(vote.verdict)),
                    ":ttl": _whole(vote.at + VERDICTS_KEPT),
                },
            )

    def votes(self, since: float) -> Sequence[Vote]:
        """See scoring.ports.Notebook."""
        return [Vote(**data) for data in reversed(self._since("F", since))]

    def note_anomaly(self, service: str, fingerprint: str, note: Mapping[str, Any], *, until: float) -> None:
        """See scoring.ports.Notebook."""
        name = f"#{items.ANOMALY}{fingerprint}"
        content = items.as_json({**note, "until": until})
        self._note(service, f"SET {name} = :note, #ttl = :ttl, v = :v", {":note": content, ":ttl": _whole(until)})

    def drop_anomaly(self, service: str, fingerprint: str) -> None:
        """See scoring.ports.Notebook."""
        self._note(service, f"SET v = :v REMOVE #{items.ANOMALY}{fingerprint}", {})

    def _note(self, service: str, expression: str, values: dict[str, Any]) -> None:
        always = "pk = pk OR attribute_not_exists(pk)"  # a note is one's own, whatever stands there
        with _failing():
            self._table.update(items.anomalies_key(service), "N", expression, condition=always, values=values)

    def _put(self, pk: str, sk: str, value: Deployment | Vote, *, lasts: int) -> None:
        item = {
            "pk": items.text(pk),
            "sk": items.text(sk),
            "v": {"N": str(items.SCHEMA)},
            "content": items.as_json(dataclasses.asdict(value)),
            "ttl": _whole(value.at + lasts),
        }
        with _failing():
            self._table.call("put_item", TableName=self._table.name, Item=item)

    def _since(self, pk: str, since: float, *, newest: int | None = None) -> list[dict[str, Any]]:
        """Returns the contents of the items of a key from a time on, the newest first; what cannot be read is left
        out."""
        query: dict[str, Any] = {
            "TableName": self._table.name,
            "KeyConditionExpression": "pk = :pk AND sk >= :since",
            "ExpressionAttributeValues": {":pk": items.text(pk), ":since": items.text(_place(since, ""))},
            "ScanIndexForward": False,
        }
        found: list[dict[str, Any]] = []
        with _failing():
            while newest is None or len(found) < newest:
                answer = self._table.call("query", **query, **({"Limit": newest} if newest else {}))
                found += [json.loads(item["content"]["S"]) for item in answer.get("Items", ())]
                if "LastEvaluatedKey" not in answer:
                    break
                query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found[:newest]


def _place(at: float, name: str) -> str:
    """Sortable by time."""
    return f"{int(at * 1_000_000):020d}#{name}"


def _number(value: float) -> dict[str, str]:
    return {"N": f"{value:.6f}"}


def _whole(value: float) -> dict[str, str]:
    return {"N": str(int(value))}


@contextmanager
def _failing() -> Iterator[None]:
    """Whatever the table did not do, or what stands there and cannot be read."""
    try:
        yield
    except StoreFailure as failure:
        raise NotebookFailure(str(failure)) from None
    except (KeyError, ValueError, TypeError) as error:
        raise NotebookFailure(f"an item cannot be read: {type(error).__name__}") from None
