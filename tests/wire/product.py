"""Re-exports everything of the product that the tests of the wire use: when a module moves, only this file changes.

`host.py` runs either today's code, through this file, or the code of the recorded commit, by that commit's own names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

from alertrelay.alert import Alert as Alert
from alertrelay.alert import Integration as Integration
from alertrelay.alert import fingerprint as fingerprint
from alertrelay.anomaly.scorer.ports import Vote
from alertrelay.aws.scorer.notes import DynamoNotebook
from alertrelay.aws.state.store import DynamoStore
from alertrelay.channels import KINDS
from alertrelay.config.model import Matcher
from alertrelay.dispatch import silences
from alertrelay.groups.messages import TICK as TICK
from alertrelay.groups.messages import ReceiveMessage as ReceiveMessage
from alertrelay.groups.messages import UndeliveredMessage as UndeliveredMessage
from alertrelay.groups.messages import body_of as body_of
from alertrelay.groups.messages import change_from_json as change_from_json
from alertrelay.groups.messages import change_json as change_json
from alertrelay.groups.messages import message_of as message_of
from alertrelay.nflog.behind import Behind as Behind
from alertrelay.nflog.group_state import AlertBrief as AlertBrief
from alertrelay.nflog.group_state import AlertItem as AlertItem
from alertrelay.nflog.group_state import GroupChange, GroupHeader, GroupIdentity, Progress
from alertrelay.nflog.group_state import Member as Member
from alertrelay.nflog.ledger import Ledger as Ledger
from alertrelay.nflog.ledger import ledger_from_json as ledger_from_json
from alertrelay.nflog.ledger import ledger_json as ledger_json
from alertrelay.notification import Outcome as Outcome
from alertrelay.notification import OutcomeName, Reason
from alertrelay.notification import Receipt as Receipt
from alertrelay.policy.inhibit import InhibitKey as InhibitKey
from alertrelay.policy.silence import Silence
from alertrelay.runtime.scorer import ScorerHandler
from alertrelay.sources import Envelope as Envelope

from compiler.load import load
from lambdas import email_forwarder, pagerduty_forwarder, slack_forwarder
from local.stack.emulator import Emulator as Emulator
from local.standins import Fault as Fault
from local.standins import StandIns as StandIns

Handler = Callable[[Any, Any], Any]

FORWARDERS: Mapping[str, Any] = {
    "pagerduty": pagerduty_forwarder.handler,
    "slack": slack_forwarder.handler,
    "email": email_forwarder.handler,
}
"""The handlers that the stack deploys, by the name that stands in the names of its queues."""
CHANNEL_NAMES: tuple[str, ...] = KINDS
OUTCOME_NAMES: tuple[str, ...] = get_args(OutcomeName)
REASONS: tuple[str, ...] = tuple(sorted(reason.value for reason in Reason))


def group_header(*, config_hash: str, **identity: Any) -> GroupHeader:
    """Return the identity of a group that may be new."""
    return GroupHeader(identity=GroupIdentity(**identity), config_hash=config_hash)


def group_change(
    *,
    ledger: Ledger,
    due: Any,
    next_due: Any,
    closing: bool,
    config_hash: str,
    **progress: Any,
) -> GroupChange:
    """Return what a record writes."""
    return GroupChange(
        ledger=ledger,
        progress=Progress(**progress),
        due=due,
        next_due=next_due,
        closing=closing,
        config_hash=config_hash,
    )


def bind_forwarder(name: str, environ: Mapping[str, str], *, clock: Any, endpoints: Mapping[str, str]) -> Handler:
    """Return the handler of a forwarder, built for this environment, clock and endpoints."""
    bound: Handler = FORWARDERS[name].bound(
        environ, clock=clock, endpoints=endpoints, haste=1.0, observe=lambda _outcome: None
    )
    return bound


def bind_scorer(environ: Mapping[str, str], *, clock: Any) -> Handler:
    """Return the handler of the anomaly-scorer, built for this environment and clock."""
    return ScorerHandler().bound(
        environ, clock=clock, observe=lambda _event, _fields: None, published=lambda _severity, _message: None
    )


def compile_config(folder: Path, environment: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the JSON that the forwarders read, and that of the scorer. Raises AssertionError with the findings."""
    found = load(folder, environment)
    assert found.config, [str(finding) for finding in found.errors]
    assert found.anomaly
    return found.config.to_json(), found.anomaly.to_json()


def outcome_fields() -> list[str]:
    """Return the names of an outcome's fields, which its log line has."""
    return sorted(field.name for field in fields(Outcome))


def with_hash(change: GroupChange, config_hash: str) -> GroupChange:
    """Return a record of this configuration."""
    return replace(change, config_hash=config_hash)


def store(client: Any, table: str, clock: Any) -> DynamoStore:
    """Return the store on a client of DynamoDB."""
    return DynamoStore(lambda: client, table, clock)


def notebook(client: Any, table: str, clock: Any) -> DynamoNotebook:
    """Return the scorer's notes on a client of DynamoDB."""
    return DynamoNotebook(lambda: client, table, clock)


def add_silence(at: DynamoStore, clock: Any, *, label: str, value: str, until: Any, new_id: str) -> None:
    """Store a silence of one matcher, as `alertrelay silence add` does."""
    matcher = Matcher(name=label, op="=", value=value)
    wanted = Silence(
        id="",
        matchers=((matcher,),),
        starts_at=clock.now(),
        ends_at=until,
        created_by="ada",
        comment="a planned change",
        updated_at=clock.now(),
    )
    silences.save(at, clock, wanted, new_id=new_id)


def vote(**fields: Any) -> Vote:
    """Return one answer of a person to an alert, as `alertrelay feedback` stores it."""
    return Vote(**fields)
