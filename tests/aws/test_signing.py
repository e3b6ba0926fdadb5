"""Our signatures are botocore's, and those that AWS has published."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime, timedelta
from unittest import mock

import botocore.auth
import pytest
from alertrelay.aws.signing import Credentials, SigningScope, signed
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

EXAMPLE = Credentials(key_id="AKIDEXAMPLE", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = "example.amazonaws.com"
PUBLISHED = {
    "post-vanilla": ({}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    "post-header-key-sort": (
        {"My-Header1": "value1"},
        b"",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-header-value-case": (
        {"My-Header1": "VALUE1"},
        b"",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    "post-x-www-form-urlencoded": (
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
}
"""Of AWS's test suite for Signature Version 4."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_vectors_that_aws_has_published(name: str) -> None:
    headers, body, signature = PUBLISHED[name]
    scope = SigningScope(region="us-east-1", service="service")
    sent = signed(headers, body, host=HOST, path="/", credentials=EXAMPLE, scope=scope, at=AT)
    assert sent["Authorization"].endswith(f"Signature={signature}")
    assert sent["X-Amz-Date"] == "20150830T123600Z"


def test_the_published_vector_of_a_get() -> None:
    scope = SigningScope(region="us-east-1", service="service")
    sent = signed({}, b"", host=HOST, path="/", credentials=EXAMPLE, scope=scope, at=AT, method="GET")
    assert sent["Authorization"].endswith("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")


def _word(chance: random.Random, letters: str, most: int = 24) -> str:
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, most)))


def test_a_thousand_random_requests_are_signed_as_botocore_signs_them() -> None:
    chance = random.Random(15)
    values = string.ascii_letters + string.digits + " .,;:/+=_-#@!\t"
    for _ in range(1000):
        host = f"{_word(chance, string.ascii_lowercase)}.amazonaws.com" + chance.choice(["", ":8443"])
        path = "/" + "/".join(_word(chance, string.ascii_letters + "-_.~ +%é") for _ in range(chance.randint(0, 3)))
        headers = {
            "Content-Type": chance.choice(["application/x-amz-json-1.0", "application/x-www-form-urlencoded"]),
            **{f"X-{_word(chance, string.ascii_letters)}": _word(chance, values) for _ in range(chance.randint(0, 5))},
        }
        body = chance.randbytes(chance.randint(0, 400))
        token = chance.choice(["", _word(chance, string.ascii_letters, 400)])
        credentials = Credentials(
            key_id=_word(chance, string.ascii_uppercase), secret=_word(chance, values), token=token
        )
        scope = SigningScope(
            region=chance.choice(["eu-west-1", "us-gov-west-1"]), service=_word(chance, string.ascii_lowercase)
        )
        at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randint(0, 10**9))
        if "." in path.split("/") or ".." in path.split("/"):
            continue  # botocore makes such a path normal; ours are
        ours = signed(headers, body, host=host, path=path, credentials=credentials, scope=scope, at=at)
        request = AWSRequest(method="POST", url=f"https://{host}{path}", headers=headers, data=body)
        theirs = BotoCredentials(credentials.key_id, credentials.secret, token or None)
        with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, at=at, **__: at.replace(tzinfo=None)):
            SigV4Auth(theirs, scope.service, scope.region).add_auth(request)
        assert ours["Authorization"] == request.headers["Authorization"]


def test_another_secret_key_day_or_region_signs_otherwise() -> None:
    def signature(secret: str = "s", at: datetime = AT, region: str = "eu-west-1") -> str:
        credentials, scope = Credentials(key_id="k", secret=secret), SigningScope(region=region, service="sqs")
        return signed({}, b"", host=HOST, path="/", credentials=credentials, scope=scope, at=at)["Authorization"][-64:]

    found = {signature(), signature("t"), signature(at=AT + timedelta(days=1)), signature(region="eu-west-2")}
    assert len(found) == 4


def test_credentials_do_not_show() -> None:
    shown = repr(Credentials(key_id="AKIA", secret="obviously-secret", token="obviously-token"))
    assert "obviously" not in shown
