"""Tries each kind of channel without a message: by a call that only reads, or one that changes nothing.

Sources: Slack Web API auth.test; the answer `no_text` of a webhook that lives, and PagerDuty's to a key that does not
(docs/answers.md); a resolve of an unknown dedup_key does nothing (PagerDuty, Events API v2 overview); Opsgenie, Alert
API, "list alerts"; Discord, "Get Webhook with Token"; Telegram Bot API getMe and getChat; Webex, "Get My Own Details";
Pushover, "User/Group Validation"; Jira REST API, "Get current user"; Rocket.Chat REST API `me`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from alertrelay.config.channel import HttpAuth

from cli.probes.http import LiveAnswer, ask, authorised, connect
from cli.probes.row import NotTaken

Values = Mapping[str, str]
"""Values of the secret by the name of their key."""


class UnreadSecret(Mapping[str, str]):
    """Stands for a secret that could not be read: who asks for a value is refused with the reason. Raises NotTaken."""

    def __init__(self, why: str, mend: str) -> None:
        self._why, self._mend = why, mend

    def __getitem__(self, key: str) -> str:
        raise NotTaken("not tried", f"it needs {key} of the secret: {self._why}", self._mend)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def value_of(values: Values, key: str) -> str:
    """Returns the value of a key. Raises NotTaken where the secret lacks it, or could not be read."""
    found = values.get(key, "")
    if not found.strip():
        raise NotTaken("not tried", f"the secret has no value under {key}", f"add {key} to the secret")
    return found.strip()


def slack(settings: Any, values: Values) -> str:
    """A bot asks who it is; a webhook is sent a message without a text, which it refuses and nobody sees."""
    key = value_of(values, settings.key)
    if settings.mode == "incoming":
        answer = ask("POST", key, name="Slack", json={})
        if answer.text.strip() in ("no_text", "invalid_payload"):
            return "the webhook lives"
        mend = f"make a new webhook, and put its address under {settings.key}"
        raise NotTaken("not authorised", f"Slack answered {answer.status} to the webhook", mend)
    api = settings.url.rpartition("/")[0]
    headers = {"Authorization": f"Bearer {key}"}
    found = authorised(ask("POST", f"{api}/auth.test", name="Slack", headers=headers), name="Slack", key=settings.key)
    if not found.json.get("ok"):
        text = f"Slack answered {_word(found.json.get('error'))}"
        raise NotTaken("not authorised", text, f"put a valid bot token under {settings.key}")
    return f"the token is that of {_word(found.json.get('user'))} in {_word(found.json.get('team'))}"


def pagerduty(settings: Any, values: Values) -> str:
    """A resolve of a key that no incident has: PagerDuty takes it, and does nothing."""
    key = value_of(values, settings.key_name)
    if settings.service_key:
        return connect(settings.url, name="PagerDuty") + " (Events v1)"
    event = {"routing_key": key, "event_action": "resolve", "dedup_key": "alertrelay-check-live"}
    answer = ask("POST", settings.url, name="PagerDuty", json=event)
    if answer.status == 400:
        mend = f"put the integration key (32 characters) of an Events API v2 integration under {settings.routing_key}"
        raise NotTaken("not authorised", "PagerDuty refused the routing key", mend)
    authorised(answer, name="PagerDuty", key=settings.routing_key)
    return "took a resolve that names no incident"


def opsgenie(settings: Any, values: Values) -> str:
    """Lists one alert. A key that may only create answers 403: then it is known there."""
    headers = {"Authorization": f"GenieKey {value_of(values, settings.api_key)}"}
    answer = ask("GET", f"{settings.url.rstrip('/')}/v2/alerts?limit=1", name="Opsgenie", headers=headers)
    if answer.status == 403:
        return "knows the key, which may not read: creating was not tried"
    authorised(answer, name="Opsgenie", key=settings.api_key)
    return "the key holds"


def discord(settings: Any, values: Values) -> str:
    """Reads the webhook by its own address."""
    answer = ask("GET", value_of(values, settings.webhook_url), name="Discord")
    if answer.status == 404:
        mend = f"make a new webhook, and put its address under {settings.webhook_url}"
        raise NotTaken("not authorised", "Discord knows no such webhook", mend)
    authorised(answer, name="Discord", key=settings.webhook_url)
    return "the webhook lives"


def telegram(settings: Any, values: Values) -> str:
    """Asks for the bot, and for the chat: a bot that is no member of it cannot post there."""
    base = f"{settings.url.rstrip('/')}/bot{value_of(values, settings.bot_token)}"
    answer = ask("GET", f"{base}/getMe", name="Telegram")
    if answer.status == 404:
        raise NotTaken("not authorised", "Telegram knows no such bot", f"put a valid token under {settings.bot_token}")
    authorised(answer, name="Telegram", key=settings.bot_token)
    chat = value_of(values, settings.chat_id_key) if settings.chat_id_key else settings.chat_id
    found = ask("POST", f"{base}/getChat", name="Telegram", json={"chat_id": chat})
    if not found.json.get("ok"):
        raise NotTaken("refused", "the bot does not know the chat", "add the bot to the chat, or correct chat_id")
    return "the bot knows the chat"


def webex(settings: Any, values: Values) -> str:
    """Asks who the bot is."""
    url = settings.url.replace("/messages", "/people/me")
    _asked("GET", url, settings.auth, values, "Webex")
    return "the token holds"


def pushover(settings: Any, values: Values) -> str:
    """Validates the token and the user's key."""
    data = {"token": value_of(values, settings.token), "user": value_of(values, settings.user_key)}
    answer = ask("POST", "https://api.pushover.net/1/users/validate.json", name="Pushover", data=data)
    if answer.json.get("status") != 1:
        mend = f"put valid values under {settings.token} and {settings.user_key}"
        raise NotTaken("not authorised", "Pushover refused the token or the user", mend)
    return "token and user are valid"


def jira(settings: Any, values: Values) -> str:
    """Asks for the user, and for the project."""
    base = settings.url.rstrip("/")
    _asked("GET", f"{base}/myself", settings.auth, values, "Jira")
    _asked("GET", f"{base}/project/{settings.project}", settings.auth, values, f"Jira's project {settings.project}")
    return f"the account sees the project {settings.project}"


def rocketchat(settings: Any, values: Values) -> str:
    """Asks who the user is."""
    headers = {"X-Auth-Token": value_of(values, settings.token), "X-User-Id": value_of(values, settings.token_id)}
    answer = ask("GET", f"{settings.url.rstrip('/')}/api/v1/me", name="Rocket.Chat", headers=headers)
    authorised(answer, name="Rocket.Chat", key=settings.token)
    return "the token holds"


def host_alone(settings: Any, values: Values) -> str:
    """Connects to the host, where every request is a message."""
    key = getattr(settings, "webhook_url", "") or getattr(settings, "url_key", "")
    url = value_of(values, key) if key else settings.url
    auth = getattr(settings, "auth", None)
    for name in auth.keys if auth else ():
        value_of(values, name)
    return connect(url, name="the address")


def _asked(method: str, url: str, auth: HttpAuth, values: Values, name: str) -> LiveAnswer:
    """Asks with what `http_config` authorizes by. OAuth 2 is not tried: a token would be issued."""
    headers = {
        **auth.headers,
        **{n: " ".join(value_of(values, k) for k in auth.secret_headers[n].split()) for n in auth.secret_headers},
    }
    pair: tuple[str, str] | None = None
    if auth.oauth2:
        raise NotTaken("not tried", f"{name} asks for OAuth 2, whose token is not fetched here", "")
    if auth.username:
        pair = (auth.username, value_of(values, auth.key) if auth.key else "")
    elif auth.key:
        headers["Authorization"] = f"{auth.type} {value_of(values, auth.key)}"
    answer = ask(method, url, name=name, headers=headers, auth=pair)
    return authorised(answer, name=name, key=auth.key)


def _word(value: object) -> str:
    """Returns a service's word, cut, without anything that does not print."""
    return "".join(char for char in str(value or "an answer without a word") if char.isprintable())[:60]


BY_KIND: Mapping[str, Callable[[Any, Values], str]] = {
    "slack": slack,
    "pagerduty": pagerduty,
    "opsgenie": opsgenie,
    "discord": discord,
    "telegram": telegram,
    "webex": webex,
    "pushover": pushover,
    "jira": jira,
    "rocketchat": rocketchat,
}
"""Of the others every request is a message: `host_alone`. E-mail and SNS are apart, in cli/probes/mail.py and
aws.py."""
