"""Prose that begins with a word for a state, and what names an alert after such a word."""

from __future__ import annotations

from typing import Any

import pytest
from alertrelay.sources.states import marked, names_alert


@pytest.mark.parametrize(
    "line",
    [
        "Resolved: our people have seen to it",
        "Problem: there is no coffee left",
        "Closed: the canteen on Monday",
        "Recovery: plans for the weekend",
        "RECOVERY of old photographs is done",
        "PROBLEM with the heating",
        "[New] dishes in the canteen",
        "[Closed] Canteen on Monday",
        "[Open] Post: night watch",
        "Alarm clock app has a release",
        "Resolved: MailChimp works for us again",
        "Resolved: questions/answers of the third-quarter call",
    ],
)
@pytest.mark.parametrize("as_subject", [True, False])
def test_prose_after_a_state_is_a_raw_event_with_its_sentence(parsed: Any, line: str, as_subject: bool) -> None:
    found = parsed("Yours, the team", subject=line) if as_subject else parsed(line)
    (alert,) = found.alerts
    assert (found.source, alert.kind, alert.status) == ("raw", "event", "firing")
    assert alert.annotations["summary"] == line


@pytest.mark.parametrize(
    ("line", "name", "summary"),
    [
        ("Resolved: DiskFull", "DiskFull", "DiskFull"),
        ("Resolved: Disk full on db-1", "Disk full on db-1", "Disk full on db-1"),
        ("*Resolved:* PodCrashLooping shop/cart-0", "PodCrashLooping", "PodCrashLooping shop/cart-0"),
        ("RECOVERY - web1 down", "web1 down", "web1 down"),
        ("[Closed] Disk full on db-1", "Disk full on db-1", "Disk full on db-1"),
        ("[Resolved] Queue is long", "Queue is long", "Queue is long"),
        ("Resolved in 2h 5m: Load of node7 is high", "Load of node7 is high", "Load of node7 is high"),
    ],
)
def test_a_state_before_what_names_an_alert_resolves_it(one: Any, line: str, name: str, summary: str) -> None:
    found = one(line)
    assert (found.kind, found.status, found.name) == ("alert", "resolved", name)
    assert found.annotations["summary"] == summary


def test_prose_with_fields_of_an_alert_is_one(one: Any) -> None:
    fired = one("Problem: the queue is long\nseverity: high\ndedup_key: q-1")
    ended = one("Resolved: the queue is long\nseverity: high\ndedup_key: q-1")
    assert (fired.status, ended.status) == ("firing", "resolved")
    assert fired.state_key == ended.state_key
    assert fired.labels["severity"] == "error"


@pytest.mark.parametrize(
    ("subject", "severity"), [("[P1] Payments are down", "critical"), ("[CRITICAL] Payments are down", "critical")]
)
def test_a_severity_in_brackets_counts_without_a_state(one: Any, subject: str, severity: str) -> None:
    found = one("Nobody can pay", subject=subject)
    assert (found.kind, found.labels["severity"]) == ("event", severity)
    assert found.annotations["summary"] == "Payments are down"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("HighErrorRate", True),
        ("web1/HTTP is CRITICAL **", True),
        ("shop/HTTP is CRITICAL **", True),
        ("the pods of node_exporter:9100", True),
        ("i-0123456789abcdef0 is stopped", True),
        ("see https://wiki.example.com/page1", False),
        ("version 2.0 of it", False),
        ("third-quarter figures", False),
        ("", False),
    ],
)
def test_what_names_an_alert(text: str, named: bool) -> None:
    assert names_alert(text) is named


def test_a_word_in_brackets_that_only_alerts_have_is_certain() -> None:
    assert marked("[FIRING:2] Queue is long")[:3] == ("firing", "Queue is long", True)
    assert marked("[Closed] Queue is long")[:3] == ("resolved", "Queue is long", False)


NAGIOS = """***** Nagios *****

Notification Type: {kind}

Service: HTTPS of the shop
Host: vm02
State: {state}

Additional Info:

{info}
"""


@pytest.mark.parametrize("subjects", [("", ""), ("** {kind} Service Alert: vm02/HTTPS is {state} **",) * 2])
def test_nagios_is_read_with_and_without_its_subject(one: Any, subjects: tuple[str, str]) -> None:
    cases = (("PROBLEM", "CRITICAL", "connect to port 443: refused"), ("RECOVERY", "OK", "HTTP answers"))
    fired, ended = (
        one(NAGIOS.format(kind=kind, state=state, info=info), subject=subject.format(kind=kind, state=state))
        for subject, (kind, state, info) in zip(subjects, cases, strict=True)
    )
    assert (fired.status, ended.status, fired.state_key) == ("firing", "resolved", ended.state_key)
    assert (fired.name, fired.labels["host"], fired.labels["severity"]) == ("HTTPS of the shop", "vm02", "critical")
    assert fired.annotations["summary"] == "connect to port 443: refused"


def test_an_acknowledgement_of_nagios_goes_on_with_its_alert(one: Any) -> None:
    fired, seen = (
        one(
            NAGIOS.format(kind=kind, state="CRITICAL", info="refused"),
            subject=f"** {kind} Service Alert: vm02/HTTPS **",
        )
        for kind in ("PROBLEM", "ACKNOWLEDGEMENT")
    )
    assert (seen.status, seen.state_key) == ("firing", fired.state_key)


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("Alert: QueueLong\nDescription:\n\n12 orders: none is taken\nSeverity: high", "12 orders: none is taken"),
        ("Alert: QueueLong\nSummary:\nDescription: 12 orders wait\nSeverity: high", "12 orders wait"),
        ("Alert: QueueLong\nSummary:\nSeverity: high\nDescription: 12 orders wait", "12 orders wait"),
    ],
)
def test_a_sentence_may_stand_on_the_line_after_its_key(one: Any, text: str, summary: str) -> None:
    found = one(text, subject="[FIRING:1]")
    assert (found.name, found.labels["severity"]) == ("QueueLong", "error")
    assert found.annotations["summary"] == summary


def test_two_hosts_with_one_service_are_two_alerts_of_nagios(one: Any) -> None:
    text = NAGIOS.format(kind="PROBLEM", state="CRITICAL", info="refused")
    assert one(text).state_key != one(text.replace("vm02", "vm03")).state_key


ZABBIX = "Problem name: Load of {host} is high\r\nHost: {host}\r\nSeverity: Average\r\nOriginal problem ID: 77\r\n"


@pytest.mark.parametrize("end", ["Resolved: Load is high", "Resolved in 5m 0s: Load is high", ""])
def test_zabbix_is_resolved_by_its_problem_id(one: Any, end: str) -> None:
    fields = ZABBIX.format(host="node7")
    fired = one(f"Problem started at 17:30:52 on 2026.11.18\r\n{fields}", subject=end and "Problem: Load is high")
    ended = one(f"Problem has been resolved at 17:35:52 on 2026.11.18\r\n{fields}", subject=end)
    assert (fired.status, ended.status, fired.state_key, ended.state_key) == (
        "firing",
        "resolved",
        "text:77",
        "text:77",
    )
    assert (fired.labels["severity"], fired.labels["host"]) == ("warning", "node7")
    assert fired.annotations["summary"] == "Load of node7 is high"
