"""Most events say the same four things under other names: what, its state, why, and its id. A `Row` names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from alertrelay.alert import SEVERITY_RANK
from alertrelay.sources.awsevent.draft import AlertDraft, camel
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.lasting import lasting
from alertrelay.sources.awsevent.news import folded, is_bad
from alertrelay.sources.awsevent.sentences import best, is_hash, outcome_word, sentence
from alertrelay.sources.awsevent.vocabulary import ACTS, HOMES, LINKS, NAMES, NAMESPACES, REASONS, RESULTS, STATES
from alertrelay.sources.severity import severity
from alertrelay.values import text as texts
from alertrelay.values.arn import console

Reader = Callable[[Event], AlertDraft | Iterable[AlertDraft]]
"""From an event to drafts: one, or one a finding."""

_ROUTINE_STATES = (
    "succeeded success successful succeed completed complete finished done passed pass ok running "
    "inprogress started starting start pending queued submitted runnable created creating active "
    "available ready initializing provisioning progressing resumed superseded completing executing ended"
)
ROUTINE = frozenset(_ROUTINE_STATES.split())
"""The states of jobs, builds and deployments that ask nothing of anybody, folded. Source: the API references' lists of
states of Batch, Glue, Step Functions, CodeBuild, CodeDeploy, CodePipeline, EMR, Athena and Backup."""


def routine(*states: str) -> Callable[[str], bool]:
    """Return whether a state is one of these; of none given, one of ROUTINE."""
    known = frozenset(map(folded, states)) or ROUTINE
    return lambda state: folded(state) in known


is_routine = routine()


def always(_: str) -> bool:
    """Return that any state of a kind is good news."""
    return True


def never(_: str) -> bool:
    """Return that no state of a kind is good news."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The paths of an event's subject, its part (`within`), its state and the reason; paths as in `Fields`.

    `link` is the console's path, with {name}, {region} and the names of `labels` to be filled in. `good` knows the
    states of this kind that are good news; `doubts` are the endings of names whose bad news overrules such a state.
    `alertname` is for a type whose name says more than its state does.
    """

    noun: str
    name: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    state: tuple[str, ...] = ("state", "status")
    reason: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    good: Callable[[str], bool] = is_routine
    doubts: tuple[str, ...] = RESULTS
    alertname: str = ""

    def __call__(self, event: Event) -> AlertDraft:
        """Return what the event holds."""
        detail = event.detail
        name = detail.text(*self.name) or ", ".join(dict.fromkeys(map(resource_name, event.resources[:3])))
        name = resource_name(name) if name.startswith("arn:") else name
        parts = [part for path in self.within if (part := detail.text(path))]
        state = detail.text(*self.state)
        reason = best(detail.every(*self.reason, "errorMessage", "statusReason"), state=state, name=name)
        own = {label: detail.text(path) for label, path in self.labels.items()}
        whole = "/".join(part for part in [name, *parts] if part)
        doubtful = is_bad(state) or any(map(is_bad, detail.under(*self.doubts)))
        return draft(
            event,
            alertname=self.alertname or f"{_OF.sub('', self.noun)} {outcome_word(state)}",
            summary=sentence(self.noun if whole else _OF.sub("", self.noun), whole, state, reason),
            severity=severity_said(detail, doubtful=doubtful),
            guess=guessed(good=self.good(state), doubtful=doubtful),
            resource=name,
            labels=own,
            reason=reason,
            path=self.link.format_map(_Quoted({**own, "name": name, "region": event.region})),
        )


_OF = re.compile(r" (of|for|on)$")


class _Quoted(dict[str, str]):
    """For a link: every value fit for an address, a missing one empty."""

    def __getitem__(self, key: str) -> str:
        return quote(self.get(key, ""), safe="")


def guessed(*, good: bool, doubtful: bool) -> str:
    """Return what a state of a kind with a table suggests: info where the table has it, warning for bad news."""
    return "warning" if doubtful else "info" if good else ""


def draft(
    event: Event,
    *,
    alertname: str,
    summary: str,
    resource: str = "",
    severity: str = "",
    guess: str = "",
    labels: Mapping[str, str] | None = None,
    description: str = "",
    reason: str = "",
    path: str = "",
    identity: str = "",
) -> AlertDraft:
    """Returns an event of the envelope's id, account, region and time, with the labels that all events of AWS have."""
    return AlertDraft(
        alertname=alertname,
        summary=summary,
        identity=identity or event.id,
        severity=severity,
        guess=guess,
        labels=texts.label_set(
            [
                ("aws_service", event.service),
                ("namespace", NAMESPACES.get(event.service, "")),
                ("resource", resource),
                *(labels or {}).items(),
            ]
        ),
        description=description or event.detail.lines(),
        reason=reason,
        link=own_link(event.detail)
        or page(event.region, path, event.source)
        or page(event.region, HOMES.get(event.service, "/console/home"), event.source),
        account=event.account,
        region=event.region,
        at=event.at,
    )


def own_link(detail: Fields) -> str:
    """Return the address that the event itself has, "" for none that a browser takes."""
    link = detail.text(*LINKS).split(None, 1)[:1]
    return link[0] if link and link[0].startswith("https://") else ""


def general(event: Event) -> AlertDraft:
    """Returns an event of which nothing is known but its envelope. No state of it is known to be good news, and its own
    word below warning, which may be a log level, does not undo what the topic gives."""
    detail = event.detail
    kind = event.detail_type or f"{event.source or 'unknown'} event"
    name = _name(event)
    state = _state(detail)
    candidates = (*detail.every(*REASONS, *ACTS), detail.ending("reason", "message", "description"))
    reason = best(candidates, state=state, name=name, failed=is_bad(kind))
    service = "" if event.service.split(".")[0] in kind.lower().replace(" ", "") else f"{event.source}: "
    bad = is_bad(state) or is_bad(kind) or is_bad(reason)
    said = severity_said(detail, doubtful=bad)
    found = draft(
        event,
        alertname=camel(kind) or "AWSEvent",
        summary=sentence(f"{service}{kind}", texts.cut(name, 120), "" if state == name else state, reason),
        severity="" if said == "info" else said,
        guess=said or guessed(good=False, doubtful=bad and event.source.startswith("aws.")),
        resource=texts.cut(name, 200),
        reason=reason,
    )
    return lasting(found, event, state)


def _name(event: Event) -> str:
    """Returns the first name that a person gave, else the first of all."""
    detail = event.detail
    named = (*(said for path in NAMES if (said := detail.text(path))), detail.ending("name", "id"))
    found = [resource_name(said) for said in (*named[:-1], *event.resources[:3], named[-1]) if said]
    return next((said for said in found if not is_hash(said) and not said.isdecimal()), found[0] if found else "")


def _state(detail: Fields) -> str:
    """Returns the state; a result that is bad news where the state itself is not."""
    acts = (said for name in ACTS if (said := detail.text(name)) and not said.count(" "))
    state = detail.text(*STATES) or next(acts, "") or detail.ending("status", "state")
    if is_bad(state):
        return state
    results = detail.under("result", "resultstatus", "outcome", "changetype")
    return next((said for said in results if is_bad(said)), state)


def known_severity(word: str) -> str:
    """Return critical, error, warning or info where a word means one; "" for "untriaged" and the like, which no route
    names."""
    meant = severity(word)
    return meant if meant in SEVERITY_RANK else ""


def severity_said(detail: Fields, *, doubtful: bool = False) -> str:
    """Return the event's own word for how bad it is, where it has one that is known.

    A word below warning is not taken where the state is bad news: some services write INFO whatever happened.
    """
    word = known_severity(detail.text("severity", "severity.label", "severityLevel", "insightSeverity", "logLevel"))
    return "" if doubtful and word == "info" else word


_GAP = re.compile(r"//|=(?=[&;#]|$)|%3D(?=&|$)|/(?=[?#]|$)|:$")
"""Where an address lacks the id that it should have."""


def page(region: str, path: str, source: str = "aws.") -> str:
    """Returns a page of the console; "" where the region or an id in the path is unknown, or the event is not AWS's."""
    base = console(region)
    if not base or not path or _GAP.search(path) or (source and not source.startswith("aws")):
        return ""
    return f"{base}{path}" + ("" if "region=" in path else f"{'&' if '?' in path else '?'}region={region}")
