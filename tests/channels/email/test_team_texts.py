from __future__ import annotations

from dataclasses import replace
from typing import Any

from alertrelay.alert import Integration
from alertrelay.channels import render
from alertrelay.channels.email import EmailSettings
from alertrelay.notification import Failed, Message, Notification

from tests.channels.team import team_target
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]
SETTINGS = EmailSettings(
    to=("a@example.com",), sender="b@example.com", transport="ses", smarthost="", hello="", username="", password="",
    require_tls=True,
)  # fmt: skip
FAILED = Failed(integration=Integration(receiver="p", channel="pagerduty", index=0), text="503", attempts=1, seconds=1)


def _mail(texts: dict[str, Any], notification: Notification = FIRING) -> Message:
    return render(notification, team_target("email", SETTINGS, texts))


def test_html_text_and_subject_are_the_team_s_with_our_footer() -> None:
    mail = _mail(
        {
            "headers": {"Subject": "{{ .Status }}\n{{ .CommonLabels.alertname }}"},
            "html": "<html><body class='a>b'><p>{{ .CommonLabels.service }}</p></body></html>",
            "text": "{{ .Status }}!",
        }
    )
    assert mail["subject"] == "firing RDSHighCPU"
    assert mail["html"].startswith("<html><body class='a>b'><p>orders</p><p style=")
    assert mail["html"].endswith("</p></body></html>\n")
    assert mail["text"].startswith("firing!\n\nalertrelay prod, receiver")


def test_what_the_team_did_not_set_is_ours() -> None:
    ours = _mail({})
    assert {key: value for key, value in _mail({"html": "x"}).items() if key != "html"} == {
        "subject": ours["subject"],
        "text": ours["text"],
    }
    assert _mail({"text": "x"})["html"] == ours["html"]


def test_html_in_a_label_is_escaped_where_it_stands() -> None:
    labels = {"alertname": "A", "x": "<script>alert(1)</script>", "u": "javascript:alert(1)"}
    hostile = replace(FIRING, alerts=(replace(FIRING.alerts[0], labels=labels),))
    source = '<p title="{{ .CommonLabels.x }}">{{ .CommonLabels.x }}</p><a href="{{ .CommonLabels.u }}">u</a>'
    html = _mail({"html": source}, hostile)["html"]
    assert "<script>" not in html
    assert 'title="&lt;script&gt;alert(1)&lt;/script&gt;">&lt;script&gt;alert(1)&lt;/script&gt;</p>' in html
    assert 'href="#ZgotmplZ"' in html


def test_a_fallback_says_so_above_the_team_s_own_words() -> None:
    texts = {"headers": {"Subject": "S"}, "html": "<body>H</body>", "text": "T"}
    mail = _mail(texts, replace(FIRING, failed=FAILED))
    assert mail["subject"] == "[PagerDuty FAILED] S"
    assert mail["text"].startswith("!! This page was NOT delivered: 503")
    assert mail["html"].index("NOT delivered") < mail["html"].index("H<p")


def test_html_that_fails_is_ours_and_the_footer_names_it() -> None:
    mail, ours = _mail({"html": "<p>{{ index .Alerts 9 }}</p>"}), _mail({})
    assert mail["subject"] == ours["subject"]
    assert "html: line 1: an index is out of range: 9" in mail["html"]
    assert mail["html"].startswith(ours["html"][:400])


def test_upstream_s_mail_by_name_is_a_mail() -> None:
    html = _mail({"html": '<body>{{ template "email.default.html" . }}</body>'})["html"]
    assert "<h2>[FIRING:1] " in html
    assert "service = orders<br>" in html
