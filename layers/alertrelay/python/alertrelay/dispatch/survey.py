"""Asks CloudWatch what fires where the table does not know it: after the table was lost, and when it is new.

A mark in the table says that it was asked. Where the mark is missing, ticks read all alarms page by page: those that
fire join their groups, as they may have been announced before; then those that are over since a short while are
resolved by key, since their resolve may have waited for its flush. Until all that fires has joined, no flush resolves
the last alert of a group (docs/protocol.md, "The loss of the table").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from alertrelay.dispatch.portion import FLUSHING
from alertrelay.groups.messages import ReceiveMessage
from alertrelay.ports import Clock, NotAccountedFor, SelfAlert, Telemetry, TimersFailure
from alertrelay.sources import Envelope
from alertrelay.state import StoreFailure, Survey, SurveyPhase, Surveys

RECENT = timedelta(hours=1)
"""An alarm that is over for longer had its resolve flushed before the table was lost."""
TRIES = 10
"""Ticks in a row that CloudWatch does not answer, after which the survey is given up."""
SHARE = timedelta(seconds=12)
"""Of a tick, at most."""
_STATES: Mapping[SurveyPhase, str] = {"firing": "ALARM", "over": "OK"}
_NEXT: Mapping[SurveyPhase, SurveyPhase] = {"firing": "over", "over": "done"}


class Alarms(NamedTuple):
    """A page of alarms: the update of each, with the time since when it is so, and the `token` of the next page."""

    updates: Sequence[tuple[Envelope, datetime]]
    token: str


AskAlarms = Callable[[str, str], Alarms | None]
"""Returns the page of a token ("" for the first) of the environment's alarms in a state (ALARM, OK); None where
CloudWatch does not answer."""


class Take(Protocol):
    """Takes a message as one from a topic. See dispatch/dispatcher.py."""

    def __call__(self, envelope: Envelope, *, deadline: datetime, earlier: ReceiveMessage | None = None) -> None:
        """Raises NotAccountedFor, TimersFailure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyor:
    """Keeps the survey of one forwarder, by its `name`."""

    name: str
    ask: AskAlarms
    surveys: Surveys
    take: Take
    clock: Clock
    telemetry: Telemetry

    def go_on(self, *, deadline: datetime) -> None:
        """Asks CloudWatch for further pages of alarms, from where the last tick stopped until its time is over. A page
        that was not read whole, or that another loss of the table overtook, comes again. Raises StoreFailure."""
        found, version = self.surveys.survey(self.name)
        until = min(self.clock.now() + SHARE, deadline - FLUSHING)
        while found.phase != "done" and self.clock.now() < until:
            page = self.ask(_STATES[found.phase], found.token)
            if page is None:
                self._put(self._missed(found), version)
                return
            if not self._take(found.phase, page, until, deadline):
                return
            found = replace(found, token=page.token, tries=0)
            found = found if page.token else replace(found, phase=_NEXT[found.phase])
            if not self._put(found, version):
                return
            version += 1

    def _take(self, phase: SurveyPhase, page: Alarms, until: datetime, deadline: datetime) -> bool:
        now = self.clock.now()
        for envelope, since in page.updates:
            if self.clock.now() >= until:
                return False
            if phase == "over" and abs(now - since) > RECENT:
                continue
            try:
                earlier = ReceiveMessage(envelope=envelope, late=phase == "firing")
                self.take(envelope, deadline=deadline, earlier=earlier)
            except (NotAccountedFor, TimersFailure) as failure:
                self.telemetry.log("survey_stopped", failure=str(failure))
                return False
        return True

    def _missed(self, found: Survey) -> Survey:
        tries = found.tries + 1
        if tries < TRIES:
            return replace(found, tries=tries)
        text = (
            f"The table is new or was lost, and CloudWatch did not answer {TRIES} times which alarms fire. Those that"
            " fire since before the table was lost are notified with their next update only."
        )
        self.telemetry.alert_ops(SelfAlert(name="AlarmsNotSurveyed", text=text))
        return replace(found, phase="done")

    def _put(self, survey: Survey, seen: int) -> bool:
        self.telemetry.log("survey", phase=survey.phase, more=bool(survey.token))
        return self.surveys.put_survey(self.name, survey, seen=seen)


def joined_all(surveys: Surveys, name: str, log: Callable[..., None]) -> bool:
    """Returns whether all that fires has joined, as far as CloudWatch knows. Where the table fails: yes."""
    try:
        return surveys.survey(name)[0].phase != "firing"
    except StoreFailure as failure:
        log("store_failing", failure=str(failure))
        return True
