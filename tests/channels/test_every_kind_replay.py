"""The deployed stack with every kind in Slack's place: a critical alarm firing, updated and resolved, and all
failing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.channels import KINDS, channel
from alertrelay.sources import unwrap

from local.stack.day import DayRun
from local.stack.history import Day, TimedOutcome
from local.standins import Fault, RecordedRequest, peer
from local.timeline import as_text
from tests.channels.test_team_kinds import BODY

OLD = {"pagerduty", "slack", "email", "sns"}
"""Kinds with a day of their own elsewhere."""
NEW = [kind for kind in KINDS if kind not in OLD]
RECEIVER = "slack-critical"
TEAM = "Zebra {{ range .Alerts }}{{ .Labels.alertname }} {{ .Status }} on <{{ .Labels.service }}>, {{ end }}"
TEXTS = {
    **{kind: f"{key}: '{TEAM}'" for kind, key in BODY.items()},
    "msteamsv2": f"text: '{TEAM}'",
    "webhook": f"payload: {{text: '{TEAM}', status: '{{{{ .Status }}}}', n: '{{{{ len .Alerts.Firing }}}}'}}",
}
"""The body of a kind's message as the team's own template; incident.io has no key for one."""
OVER: Mapping[str, Callable[[RecordedRequest], bool]] = {
    "opsgenie": lambda request: "/close?" in request.path,
    "victorops": lambda request: bool(request.body["message_type"] == "RECOVERY"),
    "pushover": lambda request: "RESOLVED" in request.body["title"],
    "incidentio": lambda request: bool(request.body["status"] == "resolved"),
    "jira": lambda request: request.body.get("transition") == {"id": "31"},
    "webhook": lambda request: bool(request.body["status"] == "resolved" and request.body["n"] == 0),
}
"""How the last request of a kind says that all is over; a chat changes or sends a message that says RESOLVED."""


def in_place_of_slack(text: str) -> str:
    """alertmanager.yml whose `slack-critical` has an integration of each kind with a template of the team's own, Jira's
    at the team's own host."""
    old = re.search(rf"  - name: {RECEIVER}\n(?:    .*\n)+", text)
    assert old
    of_kinds = {kind: ", ".join(filter(None, (peer(kind).ways[kind], TEXTS.get(kind)))) for kind in NEW}
    new = "".join(f"    {channel(kind).configs}: [{{{own}, send_resolved: true}}]\n" for kind, own in of_kinds.items())
    new = new.replace("https://example.atlassian.net", "https://acme.atlassian.net")
    return text.replace(old[0], f"  - name: {RECEIVER}\n{new}")


def _says_resolved(request: RecordedRequest) -> bool:
    said = json.dumps(request.body)
    return "RESOLVED" in said or ("resolved on" in said and "firing on" not in said)


def _says_two_fire(text: str) -> bool:
    return "2 firing" in text or max(map(text.count, ('"firing"', "firing on", "firing\n"))) > 1


def of_the_replica(content: bytes) -> bytes:
    """The same alarm of a second database of the service: another member of the group."""
    return content.replace(b"orders-db", b"orders-replica")


@pytest.fixture
def lived(begin_changed: Callable[..., DayRun]) -> Callable[..., Day]:
    def live(*contents: bytes, down: dict[str, Fault] | None = None) -> Day:
        run = begin_changed(in_place_of_slack, down)
        for number, content in enumerate(contents):
            if number:
                run.stack.run_until(run.stack.clock.now() + timedelta(minutes=6))
            run.publish(f"file-{number}", unwrap(content))
        return run.finish()

    return live


def test_every_kind_says_firing_updated_and_resolved_with_the_team_s_text(
    lived: Callable[..., Day], told: Callable[..., Any], critical: bytes, critical_ok: bytes
) -> None:
    day = lived(critical, of_the_replica(critical), critical_ok, of_the_replica(critical_ok))

    for kind in NEW:
        sent = [request for request in day.received if request.channel == kind]
        assert all(request.taken for request in sent), kind
        said = [peer(kind).shown(request.body) for request in sent]
        assert any("RDSHighCPU" in text for text in said[:2]), kind  # Jira is searched first
        assert any(map(_says_two_fire, said)), kind
        assert kind not in TEXTS or any("Zebra RDSHighCPU firing on <orders>" in text for text in said[:2]), kind
        outcomes = [event.outcome for event in day.history if isinstance(event, TimedOutcome)]
        accepted = {one.accepted for one in outcomes if one.channel == kind and one.outcome == "delivered"}
        assert accepted == {channel(kind).accepted}, kind
        over = OVER.get(kind, _says_resolved)
        assert over(sent[-1]), (kind, sent[-1])
    shown = f"{day.logs} {list(as_text(day))} {[request.body for request in day.received]}"
    assert "FAKE-" not in shown
    assert f"accepted by {channel('msteamsv2').title}: {channel('msteamsv2').accepted}" in shown
    assert day.lost == ()


def test_while_a_kind_fails_its_fallback_says_so_and_why(
    lived: Callable[..., Day], told: Callable[..., Any], critical: bytes
) -> None:
    day = lived(critical, down={kind: Fault.named("503") for kind in NEW})

    outcomes = told(day)
    assert {kind: outcomes[RECEIVER, kind] for kind in NEW} == {kind: ["pending"] for kind in NEW}
    mails = [r.body["subject"] for r in day.received if r.channel == "email" and "FAILED" in r.body["subject"]]
    for kind in NEW:
        title = channel(kind).title.removeprefix("the ")
        assert any(f"{title[:1].upper()}{title[1:]} FAILED" in subject for subject in mails), (kind, mails)
    assert day.lost == ()
