"""Reads `grafana` and `automation` of delivery.yml: what accompanies an alert beside its messages."""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.config.matchers import MatcherError, parse_matchers
from alertrelay.config.model import AllowedAutomation, AnnotatedDashboard, GrafanaServer, Matcher
from alertrelay.values.automation import DOCUMENT

from compiler.reading.formats import ROLE, WEB_ADDRESS, secret_key_of
from compiler.reading.section import Section, keys

GRAFANA_KEYS = keys("url token_key dashboards")
DASHBOARD_KEYS = keys("match dashboard panel")
AUTOMATION_KEYS = keys("document match role")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accompanying:
    """The values of both keys."""

    grafana: GrafanaServer | None = None
    dashboards: tuple[AnnotatedDashboard, ...] = ()
    automations: tuple[AllowedAutomation, ...] = ()


NOTHING_BESIDE = Accompanying()


def accompanying_of(section: Section) -> Accompanying:
    """Reads both keys of the file."""
    server, dashboards = _grafana(section)
    return Accompanying(grafana=server, dashboards=dashboards, automations=_automations(section))


def _grafana(section: Section) -> tuple[GrafanaServer | None, tuple[AnnotatedDashboard, ...]]:
    """Reads the server and its dashboards; faults are findings."""
    own = section.section("grafana", GRAFANA_KEYS)
    if own is None:
        return None, ()
    url, token = own.get("url"), own.get("token_key")
    dashboards = tuple(
        AnnotatedDashboard(
            matchers=matchers, dashboard=one.text("dashboard"), panel=one.whole("panel", 0, low=1, high=100_000)
        )
        for one in own.sections("dashboards", DASHBOARD_KEYS)
        if (matchers := _matchers(one))
    )
    there = [own.require("url", "https://grafana.example.com"), own.require("token_key", "token_key: grafana_token")]
    if not dashboards:
        mend = "dashboards: [{match: ['service=\"orders\"'], dashboard: UID}]"
        own.findings.error(own.at("dashboards"), "empty-list", "no dashboard is mapped, so nothing is annotated", mend)
    if not (all(there) and url and token and dashboards):
        return None, ()
    address, key = WEB_ADDRESS(url, own.findings), secret_key_of(token, own.findings, "grafana_token")
    return (GrafanaServer(url=address, token_key=key), dashboards) if address and key else (None, ())


def _automations(section: Section) -> tuple[AllowedAutomation, ...]:
    """Reads the documents that may start by themselves; faults are findings, and their entries are left out."""
    found = []
    for one in section.sections("automation", AUTOMATION_KEYS):
        if not one.require("document", "document: AWS-RestartEC2Instance"):
            continue
        document, role, matchers = one.string("document"), one.get("role"), _matchers(one)
        if not DOCUMENT.fullmatch(document):
            mend = "a document's name, as in AWS-RestartEC2Instance; none that is shared by ARN"
            one.findings.error(one.at("document"), "bad-value", f"{document!r} is not the name of a document", mend)
        elif matchers:
            arn = ROLE(role, one.findings) if role else ""
            found.append(AllowedAutomation(document=document, matchers=matchers, role=arn))
    return tuple(found)


def _matchers(section: Section) -> tuple[Matcher, ...]:
    """Returns the matchers of an entry, () after a finding: without any it would be about every alert."""
    found: list[Matcher] = []
    if not section.require("match", "match: ['service=\"orders\"']"):
        return ()
    for value in section.list("match"):
        try:
            found += parse_matchers(value.text).matchers
        except MatcherError as error:
            section.findings.error(value.place, "bad-matcher", str(error), 'as in service="orders"')
            return ()
    return tuple(found)
