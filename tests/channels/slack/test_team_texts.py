from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.alert import Integration
from alertrelay.channels import prepared, render
from alertrelay.channels.slack import team
from alertrelay.config.model import Target
from alertrelay.notification import Failed, Listing, Message, Notification

from compiler.templates.library import Library
from tests.channels.slack.example import SLACK_BOT, SLACK_WEBHOOK
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]


def _target(texts: dict[str, Any], settings: Any = SLACK_BOT) -> Target:
    """A Slack target with these texts; a text with a template is compiled."""
    templates: dict[str, Any] = {}

    def made(value: Any) -> Any:
        if isinstance(value, dict):
            return {"m": {name: made(one) for name, one in value.items()}}
        if isinstance(value, list):
            return {"l": [made(one) for one in value]}
        if not isinstance(value, str):
            return {"v": value}
        program = Library().text(value)
        templates.update(program.templates)
        return {"t": program.main}

    fields = {key: made(value) for key, value in texts.items()}
    integration = Integration(receiver="chat", channel="slack", index=0)
    return Target(
        integration=integration,
        send_resolved=True,
        settings=settings,
        texts={"fields": fields, "templates": templates},
    )


def _message(texts: dict[str, Any], notification: Notification = FIRING, settings: Any = SLACK_BOT) -> Message:
    return render(notification, _target(texts, settings))


def _texts(message: Message) -> list[str]:
    found = []
    for block in message["blocks"]:
        found += [block["text"]["text"]] if "text" in block else []
        found += [part["text"] for part in block.get("fields", block.get("elements", []))]
    return found


def test_title_link_and_text_of_the_team_stand_in_place_of_ours() -> None:
    ours = _texts(render(FIRING, _target({})))
    title = "[{{ .Status | toUpper }}:{{ len .Alerts }}] {{ .CommonLabels.alertname }}"
    href, text = "https://a.example/?a=1&b=2", "*{{ .CommonAnnotations.summary }}*"
    message = _message({"title": title, "title_link": href, "text": text})
    first, second, *rest = _texts(message)
    assert first == "🔴 *<https://a.example/?a=1&amp;b=2|[FIRING:1] RDSHighCPU>*"
    assert second == f"*{FIRING.alerts[0].annotations['summary']}*"
    assert rest[-1] == ours[-1]
    assert set(rest) < set(ours)


def test_a_text_that_the_team_did_not_set_is_ours() -> None:
    assert render(FIRING, _target({})) == render(FIRING, replace(_target({}), texts={}))
    ours, theirs = _texts(render(FIRING, _target({}))), _texts(_message({"title": "T"}))
    assert theirs == ["🔴 *T*", *ours[1:]]


def test_a_template_that_fails_leaves_ours_and_says_so_in_the_footer() -> None:
    message = _message({"title": "{{ .Nothing }}", "text": "fine"})
    *_, footer = _texts(message)
    assert _texts(message)[0] == _texts(render(FIRING, _target({})))[0]
    assert "fine" in _texts(message)
    assert footer.startswith(
        "A template of alertmanager.yml failed, and alertrelay's own text stands in its place: "
        "title: line 1: template.Data has no field or method 'Nothing'"
    )


def test_fields_actions_and_pictures_are_the_team_s() -> None:
    fields = [
        {"title": "Where", "value": "{{ .CommonLabels.service }}", "short": True},
        {"title": "Why", "value": "<host> & `x`"},
    ]
    actions = [
        {"type": "button", "text": "Runbook", "url": "{{ .CommonAnnotations.runbook_url }}"},
        {"type": "button", "text": "x", "url": "no"},
    ]
    shown = _texts(_message({"fields": fields, "actions": actions, "image_url": "https://i.example/p.png"}))
    assert "*Where*\norders" in shown
    assert "*Why*\n&lt;host&gt; &amp; `x`" in shown
    (links,) = [text for text in shown if "|Runbook>" in text]
    assert links.endswith("·  *<https://i.example/p.png|Image>*")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<no value> and <host>", "&lt;no value&gt; and &lt;host&gt;"),
        ("<https://a.b/c?d=1|x> <!channel> <@U1> <#C1>", "<https://a.b/c?d=1|x> <!channel> <@U1> <#C1>"),
        ("a & b &amp; c &lt;", "a &amp; b &amp; c &lt;"),
        ("> quoted\n1 > 0", "> quoted\n1 &gt; 0"),
        ("1. `rm -rf <dir>`\n2. **x**", "1. `rm -rf &lt;dir&gt;`\n2. **x**"),
    ],
)  # fmt: skip
def test_markup_keeps_what_slack_reads_and_escapes_the_rest(given: str, shown: str) -> None:
    assert team.markup(given) == shown


def test_a_text_longer_than_a_message_is_cut_with_a_note() -> None:
    message = _message({"text": "{{ range 9000 }}line of text\n{{ end }}"})
    assert len(json.dumps(message["blocks"], ensure_ascii=False)) < 13_000
    assert "_The rest does not fit into a Slack message._" in _texts(message)


def test_a_fallback_still_says_why_it_came() -> None:
    failed = Failed(
        integration=Integration(receiver="p", channel="pagerduty", index=0), text="503", attempts=4, seconds=9
    )
    message = _message({"title": "T", "text": "X"}, replace(FIRING, failed=failed))
    assert _texts(message)[0] == "⚠️ PagerDuty FAILED: 🔴 *T*"
    assert "This page was NOT delivered" in _texts(message)[1]


def test_a_webhook_posts_under_the_team_s_name_and_a_bot_under_its_own() -> None:
    texts = {"username": "Prometheus {{ .Status }}", "icon_emoji": ":fire:"}
    assert _message(texts, settings=SLACK_WEBHOOK)["username"] == "Prometheus firing"
    assert "username" not in _message(texts)


def test_a_digest_keeps_ours() -> None:
    digest = replace(FIRING, listing=Listing(services=(("orders", 1),), firing=("one",)))
    assert render(digest, _target({"title": "T", "text": "X"})) == render(digest, replace(_target({}), texts={}))


def test_the_texts_are_run_once_and_kept_with_the_notification() -> None:
    shown = prepared(FIRING, _target({"title": "{{ .Status }}", "text": "{{ .X }}"}))
    assert shown.texts == {"title": "firing"}
    assert len(shown.text_failures) == 1
