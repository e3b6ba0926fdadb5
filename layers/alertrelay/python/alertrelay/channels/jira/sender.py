"""Jira's REST API: https://developer.atlassian.com/cloud/jira/platform/rest/v3, Issues, Issue search and Transitions.

An issue is found by its label, as Alertmanager finds it. The index that is searched may be behind by seconds, so an
issue of ours that is known is read itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from alertrelay.channels.jira import JiraSettings
from alertrelay.channels.transport.answer import not_its_own, shown
from alertrelay.channels.transport.http import Response
from alertrelay.channels.transport.service import Call, asked, authorized, taken
from alertrelay.notification import Message
from alertrelay.ports import Permanent

_AUTH = frozenset({401, 403})
_DONE = "done"
_Part = TypeVar("_Part")


class _Issue(NamedTuple):
    key: str
    done: bool


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Updates the issue of the group, resolves or reopens it, or makes one. Without an issue a resolve does nothing."""
    settings: JiraSettings = call.settings
    issue = _known(call) or _found(call, settings, message)
    if issue is None:
        if message["resolved"]:
            return {}
        return {"issue": _part(call, "key", str, _ask(call, "issue", {"fields": message["fields"]}))}
    fields = {name: value for name, value in message["fields"].items() if name not in ("project", "issuetype")}
    _change(call, f"issue/{quote(issue.key)}", {"fields": fields}, method="PUT")
    if message["resolved"] and not issue.done and settings.resolve:
        _transition(call, issue, settings.resolve)
    elif issue.done and not message["resolved"] and settings.reopen:
        _transition(call, issue, settings.reopen)
    return {"issue": issue.key}


def _known(call: Call) -> _Issue | None:
    """Returns the group's own issue while it is open."""
    key = call.earlier.get("issue", "")
    if not key:
        return None
    response = _asked(call, f"issue/{quote(key)}?fields=status", b"", method="GET")
    if response.status == 404:
        return None
    issue = _read(call, response, _taken(call, response).json())
    return None if issue.done else issue


def _found(call: Call, settings: JiraSettings, message: Message) -> _Issue | None:
    """Returns the issue with the group's label that is open, or was resolved so lately that it is opened anew."""
    terms = [f"resolution != {json.dumps(settings.wont_fix)}"] if settings.wont_fix else []
    minutes = settings.reopen_seconds // 60
    if not message["resolved"] and settings.reopen and minutes:
        terms.append(f"(resolutiondate is EMPTY OR resolutiondate >= -{minutes}m)")
    else:
        terms.append("statusCategory != Done")
    terms += [f"project = {json.dumps(settings.project)}", f"labels = {json.dumps(message['label'])}"]
    query = f"{' and '.join(terms)} order by status ASC, resolutiondate DESC"
    response = _ask(call, _search(settings), {"jql": query, "maxResults": 2, "fields": ["status"]})
    issues = _part(call, "issues", list, response)
    return _read(call, response, issues[0]) if issues else None


def _search(settings: JiraSettings) -> str:
    """Returns the path of the search, which is another one in Atlassian's cloud, and has version 3 alone there."""
    cloud = (urlsplit(settings.url).hostname or "").endswith("atlassian.net")
    return "search/jql" if settings.api == "CLOUD" or (settings.api == "AUTO" and cloud) else "search"


def _read(call: Call, response: Response, found: Any) -> _Issue:
    """Raises Retryable for what is no issue."""
    try:
        return _Issue(str(found["key"]), found["fields"]["status"]["statusCategory"]["key"] == _DONE)
    except (KeyError, TypeError):
        raise not_its_own(call.peer, response, "key") from None


def _part(call: Call, name: str, of: type[_Part], response: Response) -> _Part:
    """Returns what Jira's own answer holds. Raises Retryable for another's: to take a login page for an answer would
    lose the alert."""
    found = (response.json() or {}).get(name)
    if not isinstance(found, of):
        raise not_its_own(call.peer, response, name)
    return found


def _transition(call: Call, issue: _Issue, name: str) -> None:
    """Raises Permanent where the issue has no transition of that name."""
    path = f"issue/{quote(issue.key)}/transitions"
    for one in _part(call, "transitions", list, _ask(call, path, b"", method="GET")):
        if isinstance(one, dict) and one.get("name") == name:
            _change(call, path, {"transition": {"id": one.get("id")}})
            return
    raise Permanent(f"{call.peer} has no transition {name!r} for {issue.key}")


def _asked(call: Call, path: str, body: bytes | Mapping[str, Any], *, method: str = "POST") -> Response:
    settings: JiraSettings = call.settings
    url = settings.url.rstrip("/")
    if path == "search/jql" and url.endswith("/2"):
        url = f"{url[:-1]}3"
    headers = {**authorized(call, settings.auth), "Accept-Language": "en"}
    return asked(call, f"{url}/{path}", body, method=method, headers=headers)


def _ask(call: Call, path: str, body: bytes | Mapping[str, Any], *, method: str = "POST") -> Response:
    return _taken(call, _asked(call, path, body, method=method))


def _change(call: Call, path: str, body: Mapping[str, Any], *, method: str = "POST") -> None:
    """Edits an issue or moves it on. Raises Retryable for another success than 204, by which Jira says that it did."""
    response = _ask(call, path, body, method=method)
    if response.status != 204:
        raise not_its_own(call.peer, response, "204")


def _taken(call: Call, response: Response) -> Response:
    answer = response.json() or {}
    texts, errors = answer.get("errorMessages"), answer.get("errors")
    parts = [*(texts if isinstance(texts, list) else ()), *(errors.values() if isinstance(errors, dict) else ())]
    said = shown("; ".join(part for part in parts if isinstance(part, str)), *call.secrets.values())
    return taken(call, response, said=said, auth=_AUTH)
