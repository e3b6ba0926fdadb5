"""Signing in at the console: whose cookie is taken, until when, and what another site's page can make a browser do."""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alertrelay.intake import session
from alertrelay.intake.console.files import FOLDER, POLICY, TYPES
from alertrelay.intake.routes import ROUTES
from alertrelay.intake.tokens import _digest

from tests.intake.door import ADMIN, NOW, READ, SILENCE, Answer, Door, event
from tests.intake.test_api import SILENCE_BODY, fire

COOKIE = "__Host-alertrelay"
PAGE = {"x-alertrelay-console": "1", "sec-fetch-site": "same-origin"}


def sign_in(door: Door, token: str = SILENCE, name: str = "ana") -> str:
    """The cookie of a session, as a browser sends it."""
    answer = door.ask("POST", "/console/sign-in", {"token": token, "name": name}, token="", headers=PAGE)
    assert answer.status == 200, answer.text
    (cookie,) = answer.cookies
    return cookie.partition(";")[0]


def by_cookie(door: Door, cookie: str, method: str, target: str, body: object = None, **headers: str) -> Answer:
    return Answer(door.handle(event(method, target, body, headers={**PAGE, **headers}, cookies=[cookie]), None))


def test_a_cookie_has_the_rights_of_its_token_and_no_script_sees_it(door: Door) -> None:
    answer = door.ask("POST", "/console/sign-in", {"token": SILENCE, "name": "ana"}, token="", headers=PAGE)
    assert answer.json == {
        "signedIn": True,
        "name": "ana",
        "rights": ["read", "silence"],
        "endsAt": "2026-11-20T04:04:05.000Z",
        "environment": "prod",
        "version": answer.json["version"],
        "local": False,
    }
    (set_cookie,) = answer.cookies
    assert set_cookie.startswith(f"{COOKIE}=")
    assert set_cookie.split("; ")[1:] == ["Path=/", "Max-Age=3600", "HttpOnly", "Secure", "SameSite=Strict"]
    cookie = set_cookie.partition(";")[0]
    assert by_cookie(door, cookie, "GET", "/console/session").json == answer.json
    assert by_cookie(door, cookie, "GET", "/api/v2/alerts").status == 200
    assert by_cookie(door, cookie, "POST", "/api/v2/silences", SILENCE_BODY).status == 200
    assert by_cookie(door, cookie, "POST", "/suppression/clear", {"receiver": "x"}).status == 403
    assert by_cookie(door, cookie, "POST", "/api/v2/alerts", []).status == 403


def test_a_session_ends_with_its_hour_and_with_its_token(door: Door) -> None:
    first, second = sign_in(door, READ), sign_in(door, ADMIN)
    door.clock.sleep(3599)
    assert by_cookie(door, first, "GET", "/api/v2/alerts").status == 200
    del door.secret["intake_read_token"]
    door.clock.sleep(1)
    again = sign_in(door, ADMIN)
    for ended in (first, second):
        answer = by_cookie(door, ended, "GET", "/api/v2/alerts")
        assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
        assert "WWW-Authenticate" not in answer.headers  # a browser would open a dialog of its own
        assert by_cookie(door, ended, "GET", "/console/session").json["signedIn"] is False
    door.secret["intake_admin_token"] = "another-token-of-a-test"
    door.clock.sleep(300)
    assert by_cookie(door, again, "GET", "/api/v2/alerts").status == 401


def test_a_session_that_ends_between_preview_and_silence_loses_nothing(door: Door) -> None:
    cookie = sign_in(door)
    wanted = {"matchers": SILENCE_BODY["matchers"]}
    assert by_cookie(door, cookie, "POST", "/api/v1/silences/preview", wanted).status == 200
    door.clock.sleep(3600)
    draft = {**SILENCE_BODY, "endsAt": "2026-11-20T08:00:00Z"}
    refused = by_cookie(door, cookie, "POST", "/api/v2/silences", draft)
    assert (refused.status, refused.json) == (401, {"message": "Unauthorized"})
    assert door.ask("GET", "/api/v2/silences").json == []
    assert by_cookie(door, sign_in(door), "POST", "/api/v2/silences", draft).status == 200


def test_signing_out_takes_the_cookie_away(door: Door) -> None:
    answer = by_cookie(door, sign_in(door), "POST", "/console/sign-out", {})
    assert answer.json["signedIn"] is False
    assert answer.cookies == [f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"]


def coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_a_forged_or_changed_cookie_is_none(door: Door) -> None:
    name, _, value = sign_in(door, READ).partition("=")
    content, _, signature = value.partition(".")
    later = coded(json.dumps(["ana", 9_999_999_999]).encode())
    forged = (
        f"{later}.{signature}", f"{content}.", content, "", ".", "..", f"{content}.{signature[:-2]}AA", "é", "A" * 5000,
        f"{content}.{signature}.{signature}", f"{later}.{coded(b'')}", f"{content}.{coded(_digest(READ))}",
    )  # fmt: skip
    for each in forged:
        assert by_cookie(door, f"{name}={each}", "GET", "/api/v2/alerts").status == 401, each
    other_digest = _digest("a-token-that-the-secret-lacks")
    own = session.signed(session.opened(other_digest, "ana", NOW))
    assert by_cookie(door, f"{name}={own}", "GET", "/api/v2/alerts").status == 401
    assert by_cookie(door, f"alertrelay={value}", "GET", "/api/v2/alerts").status == 401  # not of this host alone


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "https://evil.example", "host": "alerts.example"},
        {"sec-fetch-site": "", "origin": "null", "host": "alerts.example"},
        {"x-alertrelay-console": None},
    ],
)
@pytest.mark.parametrize("by", ["cookie", "token"])
def test_a_post_of_another_site_changes_nothing(door: Door, headers: dict[str, str | None], by: str) -> None:
    sent: dict[str, Any] = {name: value for name, value in {**PAGE, **headers}.items() if value}
    cookie = sign_in(door)
    made = event("POST", "/api/v2/silences", SILENCE_BODY, headers=sent, cookies=[cookie])
    if by == "token":  # a browser that knows Basic sends it by itself, too
        made["headers"]["authorization"] = "Basic " + base64.b64encode(f"me:{SILENCE}".encode()).decode()
    refused = door.handle(made, None)["statusCode"] == 403
    assert refused is (by == "cookie" or "x-alertrelay-console" not in headers)
    assert bool(door.ask("GET", "/api/v2/silences").json) is not refused


def test_signing_in_is_for_our_own_page_alone(door: Door) -> None:
    given = {"token": SILENCE, "name": "ana"}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example", "host": "alerts.example"}):
        assert door.ask("POST", "/console/sign-in", given, token="", headers=headers).status == 403
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert door.ask("POST", "/console/sign-in", "token=x", token="", headers=form).status == 415
    bare = event("POST", "/console/sign-in", given)
    del bare["headers"]["content-type"]
    assert door.handle(bare, None)["statusCode"] == 415


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"token": "wrong-token-of-a-test"}, 401),
        ({"token": ""}, 401),
        ({"token": 7}, 422),
        ({}, 422),
        ([], 422),
        ({"token": SILENCE, "name": "a" * 101}, 422),
        ({"token": SILENCE, "name": "ana\r\nSet-Cookie: x=y"}, 422),
        ("{", 400),
        (" " * 5_000_000, 413),
    ],
)
def test_what_does_not_sign_in(door: Door, body: object, status: int) -> None:
    answer = door.ask("POST", "/console/sign-in", body, token="", headers=PAGE)
    assert (answer.status, answer.cookies) == (status, [])


def test_a_name_may_have_any_letters(door: Door) -> None:
    name = "\N{GRINNING FACE}" * 100
    cookie = sign_in(door, name=name)
    assert by_cookie(door, cookie, "GET", "/console/session").json["name"] == name


def test_no_get_needs_more_than_the_right_to_read() -> None:
    assert {route.right for route in ROUTES if route.method == "GET"} == {None, "read"}


def test_the_page_comes_from_the_package_under_a_strict_policy(door: Door) -> None:
    page = door.ask("GET", "/console", token="")
    assert page.text == door.ask("GET", "/console/", token="").text == door.ask("GET", "/console/index.html").text
    assert page.headers["Content-Security-Policy"] == POLICY
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-cache"
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", page.text)
    again = door.ask("GET", "/console", token="", headers={"if-none-match": f'"x", W/{page.headers["ETag"]}'})
    assert (again.status, again.text) == (304, "")
    named = re.findall(r'(?:src|href)="(/console/[0-9a-f]{16}/[^"]+)"', page.text)
    assert named
    for path in named:
        answer = door.ask("GET", path, token="")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == TYPES[Path(path).suffix]
        assert "immutable" in answer.headers["Cache-Control"]
        assert door.ask("GET", f"/console/{Path(path).name}", token="").headers["Cache-Control"] == "no-cache"
        assert door.ask("GET", f"/console/{'0' * 16}/{Path(path).name}", token="").status == 404
    for name in ("nosuch.js", "..%2f__init__.py", "..", "%2e%2e", "parts.py", "page", "../parts.py"):
        assert door.ask("GET", f"/console/{name}", token="").status == 404


def test_every_file_of_the_page_has_a_type() -> None:
    assert [path.name for path in FOLDER.iterdir() if path.suffix not in TYPES] == []


def test_what_is_long_is_packed_for_who_accepts_it(door: Door) -> None:
    fire(door, *(f"<script>alert({number})</script>" for number in range(20)))
    plain = door.ask("GET", "/api/v1/overview", token=READ)
    made = door.handle(event("GET", "/api/v1/overview", token=READ, headers={"accept-encoding": "br, gzip;q=1"}), None)
    assert made["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(made["body"])).decode() == plain.text
    assert plain.headers["Content-Type"] == "application/json"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_short_is_as_it_is_also_for_who_accepts_it_packed(door: Door) -> None:
    made = door.handle(event("GET", "/api/v2/silences", token=READ, headers={"accept-encoding": "gzip"}), None)
    assert (made["statusCode"], made["body"]) == (200, "[]")
    assert "Content-Encoding" not in made["headers"]


def test_the_overview_counts_and_names_why(door: Door) -> None:
    fire(door, "Slow", service="orders", severity="warning")
    door.clock.sleep(60)
    fire(door, "Down", service="orders", severity="critical")
    silence = {**SILENCE_BODY, "endsAt": "2026-11-21T03:04:05Z"}
    silenced = door.ask("POST", "/api/v2/silences", silence).json["silenceID"]
    found = door.ask("GET", "/api/v1/overview", token=READ).json
    assert found["asOf"] == "2026-11-20T03:05:05.000Z"
    down, slow = found["alerts"]
    assert (down["name"], down["state"], down["why"], down["by"]) == ("Down", "suppressed", "silence", [silenced])
    assert slow["name"] == "Slow"
    assert found["counts"]["bySeverity"] == {"critical": 1, "warning": 1}
    assert found["counts"]["byService"] == {"orders": 2}


def test_a_session_is_not_prolonged() -> None:
    digest = _digest(ADMIN)
    made = session.opened(digest, "ana", NOW)
    assert session.read(session.signed(made), [_digest(READ), digest], NOW) == made
    assert session.read(session.signed(made), [digest], NOW + timedelta(hours=1)) is None
