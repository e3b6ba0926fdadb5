from __future__ import annotations

import pytest
from alertrelay.sources.metadata import read


def test_documented_keys_become_labels_and_annotations() -> None:
    meta = read(
        "Disk is full.\n\nalertname: DiskFull\nseverity: critical\nservice: orders\nenv: prod\ncluster: a\n"
        "team: database\nplane: data\ncategory: disk\nrunbook: https://r.example.com\n"
        "dashboard: https://d.example.com\nimpact: Writes fail."
    )
    assert meta.labels == {
        "alertname": "DiskFull",
        "severity": "critical",
        "service": "orders",
        "env": "prod",
        "cluster": "a",
        "team": "database",
        "plane": "data",
        "category": "disk",
    }
    assert meta.annotations == {
        "runbook_url": "https://r.example.com",
        "dashboard_url": "https://d.example.com",
        "impact": "Writes fail.",
    }
    assert meta.prose == "Disk is full."


def test_an_undocumented_key_is_no_label_but_stays_in_the_prose() -> None:
    meta = read("Disk is full.\n\nNote: call Bob\nteam: database\nowner: Bob")
    assert meta.labels == {"team": "database"}
    assert meta.prose == "Disk is full.\n\nNote: call Bob\nowner: Bob"


def test_a_missing_blank_line_is_forgiven() -> None:
    meta = read("Disk is full.\nseverity: critical\nteam: database")
    assert (meta.labels, meta.prose) == ({"severity": "critical", "team": "database"}, "Disk is full.")


def test_where_there_is_a_block_the_sentence_above_it_is_not_read() -> None:
    meta = read("Service: orders cannot write.\n\nseverity: critical")
    assert (meta.labels, meta.prose) == ({"severity": "critical"}, "Service: orders cannot write.")


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "High CPU", "the severity: critical", "a=b | c=d", "a:b"])
def test_a_description_without_metadata_has_none(text: str) -> None:
    meta = read(text)
    assert (meta.labels, meta.annotations, meta.insufficient_data_fires) == ({}, {}, False)


@pytest.mark.parametrize(
    "line", ["Severity: Critical", "  severity :critical  ", "SEVERITY: P1", "severity: critical\r"]
)
def test_case_and_spaces_are_forgiven(line: str) -> None:
    assert read(f"x\r\n\r\n{line}\n").labels == {"severity": "critical"}


def test_an_empty_value_is_absent() -> None:
    assert read("x\n\nteam:\nservice:   \nrunbook:").labels == {}


def test_of_a_key_given_twice_the_last_counts() -> None:
    assert read("x\n\nteam: a\nteam: b").labels == {"team": "b"}


def test_the_urls_own_names_are_taken_too() -> None:
    meta = read("x\n\nrunbook_url: https://r.example.com\ndashboard_url: https://d.example.com")
    assert meta.annotations == {"runbook_url": "https://r.example.com", "dashboard_url": "https://d.example.com"}


def test_tags_win_and_an_empty_tag_does_not() -> None:
    meta = read("x\n\nteam: a\nservice: b", {"Team": "c", "service": " ", "Unknown": "d"})
    assert meta.labels == {"service": "b", "team": "c"}


@pytest.mark.parametrize(
    "text",
    [
        "TEAM=x | PRIORITY=P1 | RUNBOOK=https://r.example.com",
        "team=x;sev=1;runbook=https://r.example.com",
        "TEAM=x PRIORITY=1 RUNBOOK=https://r.example.com",
        "TEAM=x\nPRIORITY=P1\nRUNBOOK=https://r.example.com",
        "Team: x | Priority: P1 | Runbook: https://r.example.com",
        '{"team": "x", "Priority": "P1", "runbook": "https://r.example.com"}',
        '{"tags": [{"Key": "team", "Value": "x"}], "severity": "SEV1", "playbook": "https://r.example.com"}',
    ],
)
def test_pairs_and_json_are_metadata_too(text: str) -> None:
    meta = read(text)
    assert meta.labels == {"team": "x", "severity": "critical"}
    assert meta.annotations == {"runbook_url": "https://r.example.com"}
    assert meta.prose == ""


def test_a_sentence_among_the_pairs_stays_the_prose() -> None:
    meta = read("CPU is high on orders | TEAM=x | OWNER=bob")
    assert (meta.labels, meta.prose, meta.further) == ({"team": "x"}, "CPU is high on orders", "OWNER=bob")


def test_a_json_descriptions_text_is_the_prose() -> None:
    meta = read('{"severity": "high", "description": "Orders are slow.", "owner": "bob"}')
    assert (meta.labels, meta.prose, meta.further) == ({"severity": "error"}, "Orders are slow.", "owner: bob")


@pytest.mark.parametrize("text", ["Fires if a=b", "x >= 5 | see the wiki", "priority: whenever", "PRIORITY=whenever"])
def test_text_with_an_equals_sign_is_still_text(text: str) -> None:
    meta = read(text)
    assert meta.labels == {}
    assert text in (meta.prose, meta.further)


def test_a_severity_wins_over_a_priority_and_tags_know_other_names() -> None:
    assert read("SEVERITY=info | PRIORITY=P1").labels == {"severity": "info"}
    meta = read("", {"Environment": "prod", "Application": "shop", "Priority": "P2"})
    assert meta.labels == {"env": "prod", "service": "shop", "severity": "error"}
