from __future__ import annotations

import re

from alertrelay.channels.sns import SnsSettings
from alertrelay.notification import Message

from tests.channels.example import Example, Rendered
from tests.render.checks import check_clean, check_json

TOPIC = SnsSettings(topic_arn="arn:aws:sns:eu-west-1:111122223333:people", phone_number="", target_arn="")
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
        "phone": Rendered(settings=PHONE, check=check_phone, files=files),
    }
)
