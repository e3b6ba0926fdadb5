from __future__ import annotations

from alertrelay.channels.email import render as email

from tests.channels.email.example import EMAIL, read_page
from tests.render.notifications import CASES


def test_an_email_shows_the_text_of_an_alert_as_text() -> None:
    page = read_page(email.render(CASES["hostile"], EMAIL)["html"])
    assert "<!channel> <@U123|boss>" in "".join(page.texts)
    assert page.hrefs == ["https://evil.example/%22%3E%3Cscript%3E%7Cx"]


def test_an_email_sets_colours_only_where_it_sets_both() -> None:
    html = email.render(CASES["fallback"], EMAIL)["html"]
    for style in html.split('style="')[1:]:
        rules = [rule.split(":")[0] for rule in style.split('"')[0].split(";")]
        assert ("background-color" not in rules) or ("color" in rules)
