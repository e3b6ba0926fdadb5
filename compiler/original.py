"""Prepares alertmanager.yml for `GET /api/v2/status`, which amtool shows and routes by: as it is, without its secrets.

Alertmanager writes `<secret>` in place of each, and its loaders take that back where a secret stands
(prometheus/common config/config.go, alertmanager config/config.go `SecretURL`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import yaml

SECRET = "<secret>"  # noqa: S105 - what stands in place of one
_KEYS = (
    "url|api_url|webhook_url|routing_key|service_key|api_key|api_secret|password|auth_password|auth_secret|credentials|"
    "bearer_token|token|bot_token|app_token|user_key|client_secret|access_key|secret_key"
)
_VALUE = r"""(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s,}#][^,}\n#]*)"""
_PAIR = re.compile(rf"""(?<![\w-])(?P<key>["']?(?:{_KEYS})["']?\s*:\s+){_VALUE}""")
_NAMES = frozenset(_KEYS.split("|"))
_PUBLIC = frozenset({"slack.com", "api.opsgenie.com", "api.eu.opsgenie.com", "events.pagerduty.com"})
"""Hosts whose addresses hold no secret."""
HIDDEN = "# alertmanager.yml is not shown: a secret in it stands in a form that could not be left out\n"


def without_secrets(text: str) -> str:
    """Returns the file with its comments, each secret replaced; HIDDEN where one is written in another form."""
    shown = _PAIR.sub(_replaced, text)
    try:
        return shown if all(map(_is_harmless, _values(yaml.safe_load(shown)))) else HIDDEN
    except yaml.YAMLError:
        return HIDDEN


def _replaced(pair: re.Match[str]) -> str:
    value = pair["value"]
    plain = value.strip().strip("\"'")
    return pair[0] if _is_harmless(plain) else f"{pair['key']}{_hidden(plain)}{_space(value)}"


def _hidden(value: str) -> str:
    """Keeps an address one, and its host for people: amtool 0.25 refuses `<secret>` where an address is expected."""
    url = urlsplit(value)
    return f"{url.scheme}://{url.hostname}/{SECRET}" if url.scheme and url.hostname else SECRET


def _space(value: str) -> str:
    return value[len(value.rstrip()) :]


def _is_harmless(value: object) -> bool:
    if value in (None, "", SECRET):
        return True
    url = urlsplit(str(value))
    return url.hostname in _PUBLIC or url.path == f"/{SECRET}"


def _values(node: object) -> Iterator[object]:
    """Yields what stands under the keys of secrets; a mapping there (`credentials:` of another kind) is looked into."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _NAMES and not isinstance(value, dict | list):
                yield value
            yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
