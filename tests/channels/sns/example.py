from __future__ import annotations

import dataclasses
import json
import re

from alertrelay.channels.sns import SnsSettings
from alertrelay.notification import Message

from local.standins.sns import problem_of
from tests.channels.example import Example, Rendered
from tests.render.checks import check_clean, check_json

TOPIC = SnsSettings(topic_arn="arn:aws:sns:eu-west-1:111122223333:people", phone_number="", target_arn="")
AMAZON_Q = dataclasses.replace(TOPIC, amazon_q=True)
PHONE = SnsSettings(topic_arn="", phone_number="+15005550100", target_arn="")
GSM = re.compile(r"[A-Za-z0-9 @!\"#$%&'()*+,\-./:;<=>?_\n]*")


def check_topic(message: Message) -> None:
    check_json(message)
    check_clean(message)
    assert set(message) == {"subject", "message"}
    assert message["subject"].isascii()
    assert message["subject"].isprintable()
    assert 0 < len(message["subject"]) <= 99
    assert 0 < len(message["message"].encode()) < 230_000


def check_phone(message: Message) -> None:
    check_json(message)
    assert set(message) == {"message"}
    assert 0 < len(message["message"]) <= 300
    assert GSM.fullmatch(message["message"].replace("~", "").replace("[", "").replace("]", ""))


def check_amazon_q(message: Message) -> None:
    check_json(message)
    assert set(message) == {"message"}
    assert problem_of(message["message"]) == ""
    assert len(message["message"].encode()) < 100_000
    body = json.loads(message["message"])
    check_clean(body)
    texts = json.dumps(body, ensure_ascii=False)
    assert not re.search(r"<[!@#/a-zA-Z]|\]\(", texts)


def as_body(message: Message) -> dict[str, str]:
    """The custom notification, to be read by itself."""
    return {"json": json.dumps(json.loads(message["message"]), indent=1, ensure_ascii=False) + "\n"}


def files(message: Message) -> dict[str, str]:
    """The message as text."""
    head = f"Subject: {message['subject']}\n\n" if "subject" in message else ""
    return {"txt": f"{head}{message['message'].rstrip()}\n"}


EXAMPLE = Example(
    rendered={
        "topic": Rendered(
            settings=TOPIC,
            check=check_topic,
            cases=("critical-everything", "fallback", "hostile", "group-of-10000"),
            files=files,
        ),
        "amazon-q": Rendered(
            settings=AMAZON_Q,
            check=check_amazon_q,
            cases=("critical-everything", "fallback", "hostile", "group-of-10000"),
            files=as_body,
        ),
        "phone": Rendered(settings=PHONE, check=check_phone, files=files),
    }
)
