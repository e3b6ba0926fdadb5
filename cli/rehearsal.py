"""One test alert through a deployed environment: published, awaited at every integration, and resolved."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from alertrelay.values.text import how_many

if TYPE_CHECKING:
    from alertrelay.config.model import Config
    from alertrelay.policy.rehearsal import RehearsalTarget
    from alertrelay.ports import Clock
    from alertrelay.state import Store

    from cli.cloud import Client, DeployedStack

GRACE_SECONDS = 60.0
"""What is waited beyond the group_wait or group_interval of the routes: a cold start, and one retry."""
POLL_SECONDS = 1.0
Seen = Literal["delivered", "fallback", "pending"]


class NotSent(Exception):
    """Nothing was published. The text says why, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row of the table: one integration. `seconds` run from publishing until it was written down."""

    integration: str
    seen: Seen
    detail: str
    seconds: float | None = None
    ended: bool | None = None  # None: its end was not waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One test alert on its way. `say` gets a line for people whenever something is known."""

    config: Config
    client: Client
    clock: Clock
    store: Store
    topic: str
    labels: Mapping[str, str]
    targets: tuple[RehearsalTarget, ...]
    say: Callable[[str], None]

    @classmethod
    def planned(
        cls,
        config: Config,
        client: Client,
        clock: Clock,
        *,
        receiver: str | None,
        labels: Mapping[str, str],
        say: Callable[[str], None],
    ) -> Rehearsal:
        """Looks up the stack and chooses the labels; nothing is published. Raises NotSent, CloudUnreadable."""
        from alertrelay.aws.state.store import DynamoStore
        from alertrelay.policy import rehearsal

        from cli.cloud import stack_of

        try:  # before AWS is asked for anything
            chosen = rehearsal.labels_for(config, receiver, test_id=uuid.uuid4().hex[:8], extra=labels)
        except rehearsal.NoWay as error:
            raise NotSent(str(error)) from None
        targets = rehearsal.targets_of(config, chosen)
        if not targets:
            raise NotSent("the route tree notifies nobody of this alert: name a --receiver")
        deployed = stack_of(config.environment, client)
        if deployed is None:
            raise NotSent(f"there is no stack alertrelay-{config.environment} here: npx cdk deploy, or AWS_PROFILE")
        _as_the_files_say(config, deployed, client)
        return cls(
            config=config,
            client=client,
            clock=clock,
            store=DynamoStore(lambda: client("dynamodb"), deployed.outputs["TableName"], clock),
            topic=deployed.outputs[rehearsal.TOPICS.get(chosen.get("severity", ""), "TopicWarning")],
            labels=chosen,
            targets=targets,
            say=say,
        )

    def go(self, *, wait: float | None) -> tuple[Result, ...]:
        """Publishes the alert, waits, publishes its end, waits. Raises CloudUnreadable."""
        shown = " ".join(f"{name}={value}" for name, value in sorted(self.labels.items()))
        self.say(f"test alert: {shown}\n  topic {self.topic}")
        self.say(f"  notifies {', '.join(dict.fromkeys(str(t.integration) for t in self.targets))}\n")
        starts = self.clock.now()
        self._publish(starts, None)
        longest = max(target.route.group_wait for target in self.targets) + GRACE_SECONDS
        results = self._watch("alert", self._first, self._overdue, longest if wait is None else wait)
        self._publish(starts, self.clock.now())
        longest = max(target.route.group_interval for target in self.targets) + GRACE_SECONDS
        before = {result.integration: result for result in results}

        def ended(target: RehearsalTarget) -> Result | None:
            return self._end(target, before[str(target.integration)])

        def not_ended(target: RehearsalTarget) -> Result:
            first = before[str(target.integration)]
            said = (
                [first.detail, "its resolve was not notified in time"]
                if first.detail
                else ["its resolve was not notified in time"]
            )
            return replace(first, detail="; ".join(said), ended=False)

        return self._watch("end", ended, not_ended, longest if wait is None else wait)

    def as_json(self, results: Iterable[Result]) -> dict[str, object]:
        """The documented object."""
        rows = [
            {
                "integration": r.integration,
                "outcome": r.seen,
                "detail": r.detail,
                "seconds": r.seconds,
                "ended": r.ended,
            }
            for r in results
        ]
        return {"labels": dict(self.labels), "topic": self.topic, "integrations": rows}

    def _publish(self, starts: datetime, ends: datetime | None) -> None:
        from alertrelay.policy.rehearsal import ALERTNAME, message

        from cli.cloud import UNREADABLE, unreadable

        try:
            self.client("sns").publish(
                TopicArn=self.topic,
                Subject=f"{ALERTNAME} of alertrelay",
                Message=message(self.labels, starts_at=starts, ends_at=ends),
            )
        except UNREADABLE as error:
            raise unreadable(f"the topic {self.topic}", error) from None

    def _watch(
        self,
        what: str,
        look: Callable[[RehearsalTarget], Result | None],
        late: Callable[[RehearsalTarget], Result],
        longest: float,
    ) -> tuple[Result, ...]:
        """Asks `look` about every integration until each has an answer, or the time is over: then `late`."""
        began, results = self.clock.now(), dict[str, Result]()
        waiting = {str(target.integration): target for target in self.targets}
        while waiting:
            passed = (self.clock.now() - began).total_seconds()
            over = passed >= longest
            for name, target in list(waiting.items()):
                found = self._asked(look, target) or (late(target) if over else None)
                if found:
                    del waiting[name]
                    results[name] = (
                        found if what == "end" or found.seen == "pending" else replace(found, seconds=passed)
                    )
                    self.say(_line(what, results[name], passed))
            if waiting:
                self.clock.sleep(POLL_SECONDS)
        return tuple(results[name] for name in sorted(results))

    def _asked(self, look: Callable[[RehearsalTarget], Result | None], target: RehearsalTarget) -> Result | None:
        """A table that does not answer now may answer with the next look."""
        from alertrelay.state import StoreFailure

        try:
            return look(target)
        except StoreFailure:
            return None

    @property
    def _key(self) -> str:
        from alertrelay.alert import fingerprint
        from alertrelay.policy.group_key import key_of

        return key_of(fingerprint(self.labels))

    def _first(self, target: RehearsalTarget) -> Result | None:
        """Return the alert's state by the ledger; None while neither the receiver nor a fallback was notified."""
        header = self.store.state(target.gid)
        ledger = header.ledger if header else None
        if ledger and self._key in ledger.firing - ledger.unsure:
            return Result(integration=str(target.integration), seen="delivered", detail="")
        if ledger and self._key in ledger.fallback_firing:
            detail = f"instead: {', '.join(sorted(ledger.fallbacks))}"
            return Result(integration=str(target.integration), seen="fallback", detail=detail)
        return None

    def _end(self, target: RehearsalTarget, before: Result) -> Result | None:
        """The result with its end, once the ledger no longer holds the alert."""
        if before.seen == "pending":
            return replace(before, ended=False)
        header = self.store.state(target.gid)
        ledger = header.ledger if header else None
        if ledger and self._key in ledger.firing | ledger.fallback_firing | ledger.unsure:
            return None
        if header and header.stored.lost:
            return None  # a flush replaced its chunks just now
        return replace(before, ended=True)

    def _overdue(self, target: RehearsalTarget) -> Result:
        """Why nothing is known of an integration at the end of the wait."""
        from alertrelay.state import StoreFailure

        try:
            header = self.store.header(target.gid)
        except StoreFailure as failure:
            detail = f"the table cannot be read: {failure}"
        else:
            if header is None:
                detail = "its forwarder has not seen it: look at its log and its dead-letter queues"
            elif failures := header.progress.failures:
                tries = how_many(failures, "try", "tries")
                detail = f"not taken, and no fallback took it: {tries} so far, see the forwarder's log"
            else:
                detail = "it waits in its group"
        return Result(integration=str(target.integration), seen="pending", detail=detail)


def _as_the_files_say(config: Config, deployed: DeployedStack, client: Client) -> None:
    """Another configuration has other groups: nothing of them would be found in the table."""
    from cli.cloud import config_hashes

    other = [name for name, value in config_hashes(deployed, client).items() if value != config.hash]
    if other:
        raise NotSent(
            f"{', '.join(other)} runs with another configuration than these files: deploy them first, "
            "or check out what is deployed"
        )


def _line(what: str, result: Result, passed: float) -> str:
    word = result.seen if what == "alert" else "ended" if result.ended else "NOT ENDED"
    return f"  {what:<5} {word:<9} {result.integration:<36} {passed:5.1f} s  {result.detail}".rstrip()
