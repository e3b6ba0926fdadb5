from __future__ import annotations

from dataclasses import replace

import pytest
from alertrelay.channels.pagerduty import PagerDutyImage, PagerDutyLink
from alertrelay.channels.pagerduty import render as pagerduty

from tests.channels.pagerduty.example import PAGERDUTY
from tests.render.notifications import CASES, alert, notification


def test_pagerduty_resolves_with_the_key_of_the_trigger_and_nothing_else() -> None:
    resolved = pagerduty.render(CASES["resolved"], PAGERDUTY)
    assert resolved == {"event_action": "resolve", "dedup_key": CASES["critical-everything"].dedup_key}


@pytest.mark.parametrize(
    ("label", "expected"),
    [("critical", "critical"), ("Critical", "critical"), ("info", "info"), ("page", "error"), (None, "warning")],
)
def test_pagerduty_gets_one_of_its_own_severities(label: str | None, expected: str) -> None:
    labels = {"alertname": "X"} | ({"severity": label} if label else {})
    assert pagerduty.render(notification(alert(labels)), PAGERDUTY)["payload"]["severity"] == expected


def test_pagerduty_learns_that_an_event_will_not_end_by_itself() -> None:
    details = pagerduty.render(CASES["event"], PAGERDUTY)["payload"]["custom_details"]
    assert details["End"] == "An event does not resolve: close this incident by hand"


def test_pagerduty_without_client_sends_none() -> None:
    message = pagerduty.render(CASES["event"], replace(PAGERDUTY, client="", client_url=""))
    assert not {"client", "client_url"} & set(message)


def test_pagerduty_links_the_alert_itself_where_no_client_url_is_configured() -> None:
    case = CASES["critical-everything"]
    message = pagerduty.render(case, replace(PAGERDUTY, client_url=""))
    assert message["client_url"] == case.alerts[0].generator_url
    message = pagerduty.render(case, replace(PAGERDUTY, client_url="https://wiki.example.com"))
    assert message["client_url"] == "https://wiki.example.com"


@pytest.mark.parametrize(
    ("picture", "sent"),
    [
        ("https://grafana.example.com/render/7.png", "https://grafana.example.com/render/7.png"),
        ("http://grafana.example.com/render/7.png", None),
        ("javascript:alert(1)", None),
    ],
)
def test_pagerduty_shows_the_picture_of_a_panel_by_https_alone(picture: str, sent: str | None) -> None:
    case = alert({"alertname": "X"}, {"image_url": picture})
    images = pagerduty.render(notification(case), PAGERDUTY).get("images", [])
    assert [image["src"] for image in images] == ([sent] if sent else [])
    assert all(image["alt"] == "X" for image in images)


def test_pagerduty_gets_the_configured_pictures_and_links_behind_those_of_the_alert() -> None:
    settings = replace(
        PAGERDUTY,
        images=(
            PagerDutyImage(src="https://example.com/map.png", alt="Map", href="https://example.com/map"),
            PagerDutyImage(src="https://example.com/b.png", alt="", href=""),
            PagerDutyImage(src="http://example.com/c.png", alt="C", href=""),
        ),
        links=(
            PagerDutyLink(href="https://wiki.example.com/on-call", text="On-call handbook"),
            PagerDutyLink(href="https://wiki.example.com/b", text=""),
            PagerDutyLink(href="javascript:alert(1)", text="C"),
        ),
    )
    case = alert({"alertname": "X"}, {"image_url": "https://example.com/panel.png", "runbook_url": "https://r.test/x"})
    message = pagerduty.render(notification(case), settings)
    assert [image["src"] for image in message["images"]] == [
        "https://example.com/panel.png",
        "https://example.com/map.png",
        "https://example.com/b.png",
    ]
    assert message["images"][1] == {
        "src": "https://example.com/map.png",
        "alt": "Map",
        "href": "https://example.com/map",
    }
    assert message["images"][2] == {"src": "https://example.com/b.png"}
    assert message["links"][0]["href"] == "https://r.test/x"
    assert message["links"][-2:] == [
        {"href": "https://wiki.example.com/on-call", "text": "On-call handbook"},
        {"href": "https://wiki.example.com/b", "text": "https://wiki.example.com/b"},
    ]


def test_the_configuration_s_own_fields_stand_in_place_of_the_alert_s() -> None:
    own = replace(PAGERDUTY, severity="WARNING", source="relay", class_="db", group="shop", details={"Team": "dba"})
    payload = pagerduty.render(CASES["critical-everything"], own)["payload"]
    assert (payload["severity"], payload["source"], payload["class"], payload["group"]) == (
        "warning",
        "relay",
        "db",
        "shop",
    )
    assert (payload["component"], payload["custom_details"]["Team"]) == ("orders", "dba")
