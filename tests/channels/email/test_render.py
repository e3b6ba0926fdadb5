from __future__ import annotations

from dataclasses import replace

from alertrelay.channels.email import render as email

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
