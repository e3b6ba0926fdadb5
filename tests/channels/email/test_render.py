from __future__ import annotations

import base64
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

import pytest
from alertrelay.channels.email import CHART_ID
from alertrelay.channels.email import render as email
from alertrelay.channels.email.sender import compose, ses_request
from alertrelay.notification import Notification
from alertrelay.values.charted import POINTS, ChartPoints, points_written

from local.standins.email import sent_by_ses
from tests.channels.email.example import EMAIL, read_page
from tests.render.notifications import CASES


def test_an_email_shows_the_text_of_an_alert_as_text() -> None:
    page = read_page(email.render(CASES["hostile"], EMAIL)["html"])
    assert "<!channel> <@U123|boss>" in "".join(page.texts)
    assert page.hrefs == ["https://evil.example/%22%3E%3Cscript%3E%7Cx"]


def test_an_email_shows_times_in_the_zone_of_its_settings() -> None:
    mail = email.render(CASES["fallback"], replace(EMAIL, time_zone="Europe/Berlin"))
    for part in ("text", "html"):
        assert "2026-11-20 04:04 CET (4 min ago)" in mail[part]
        assert "It will be retried at 04:09 CET." in mail[part]
        assert "UTC" not in mail[part]


def test_an_email_goes_out_in_utc_where_a_zone_is_unknown() -> None:
    mail = email.render(CASES["critical-everything"], replace(EMAIL, time_zone="Mars/Olympus"))
    assert "2026-11-20 03:04 UTC" in mail["text"]


def test_an_email_sets_colours_only_where_it_sets_both() -> None:
    html = email.render(CASES["fallback"], EMAIL)["html"]
    for style in html.split('style="')[1:]:
        rules = [rule.split(":")[0] for rule in style.split('"')[0].split(";")]
        assert ("background-color" not in rules) or ("color" in rules)


def charted() -> Notification:
    case = CASES["charted"]
    points = points_written(ChartPoints(name="cpu", points=((0.0, 1.0), (60.0, 3.0), (120.0, 2.0)), threshold=2.5))
    first, *others = case.alerts
    drawn = replace(first, annotations={**first.annotations, POINTS: points})
    return replace(case, alerts=(drawn, *others))


def test_a_mail_holds_the_picture_of_its_metric() -> None:
    message = email.render(charted(), EMAIL)
    mail = compose(message, EMAIL, notification_id="n-1")
    text, shown = mail.iter_parts()
    assert (text.get_content_type(), shown.get_content_type()) == ("text/plain", "multipart/related")
    assert isinstance(shown, EmailMessage)
    page, picture = shown.iter_parts()
    assert (picture.get_content_type(), picture["Content-ID"]) == ("image/png", f"<{CHART_ID}>")
    assert picture.get_payload(decode=True) == base64.b64decode(message["chart"])
    assert isinstance(page, EmailMessage)
    assert f'src="cid:{CHART_ID}" alt="▁' in page.get_content()
    assert len(bytes(mail)) < 20_000


def test_a_mail_by_ses_is_the_finished_one_where_it_has_a_picture() -> None:
    settings = replace(EMAIL, transport="ses")
    request = ses_request(email.render(charted(), settings), settings, notification_id="n-1", answers="<a@b>")
    mail = message_from_bytes(request["Content"]["Raw"]["Data"], policy=policy.default)
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "image/png",
    ]
    assert (mail["In-Reply-To"], mail["X-Alertrelay-Notification"]) == ("<a@b>", "n-1")
    assert request["Destination"] == {"ToAddresses": list(settings.to)}
    assert sent_by_ses(request).body["subject"] == str(mail["Subject"])


@pytest.mark.parametrize("transport", ["smtp", "ses"])
def test_without_points_a_mail_holds_no_picture(transport: Literal["smtp", "ses"]) -> None:
    settings = replace(EMAIL, transport=transport)
    message = email.render(CASES["charted"], settings)
    assert "chart" not in message
    assert "cid:" not in message["html"]
    assert list(ses_request(message, settings, notification_id="n-1")["Content"]) == ["Simple"]
