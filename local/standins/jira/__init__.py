"""Jira's REST API, as far as a sender can see: search, create, edit, transitions. It remembers its issues.

https://developer.atlassian.com/cloud/jira/platform/rest/v3
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from alertrelay.channels.jira import CHANNEL

from local.standins.http import HttpListener
from local.standins.peer import Peer, PeerAnswer, Request, texts
from local.standins.service import bearer

_PATH = re.compile(r"(?:/.*)?/rest/api/[23]/(search|search/jql|issue|issue/([A-Z]+-[0-9]+)(/transitions)?)")
_LABEL = re.compile(r"labels = \"([^\"]+)\"")


class Jira:
    """One project. An issue is its label and whether it is done."""

    channel = CHANNEL.kind

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._issues: list[dict[str, Any]] = []

    def answer(self, request: Request) -> PeerAnswer:
        """Returns the answer of one of the paths that a sender needs."""
        found, body = _PATH.fullmatch(urlsplit(request.path).path), request.json()
        if not found:
            return PeerAnswer(status=404, body=_failure(404, "not found"))
        if not bearer(request):
            return PeerAnswer(status=401, body=_failure(401, "You are not authenticated"))
        with self._lock:
            if found[1].startswith("search"):
                wanted = _LABEL.search(body["jql"])
                issues = [one for one in self._issues if wanted and wanted[1] in one["labels"] and not one["done"]]
                return PeerAnswer(status=200, body={"issues": [_as_json(one) for one in issues]})
            if found[1] == "issue":
                return self._create(body)
            issue = next((one for one in self._issues if one["key"] == found[2]), None)
            return self._of(issue, found, request, body) if issue else PeerAnswer(status=404, body=_failure(404))

    def _create(self, body: Any) -> PeerAnswer:
        wrong = list(problems(body))
        if wrong:
            return PeerAnswer(status=400, body={"errorMessages": [], "errors": {"summary": wrong[0]}})
        key = f"OPS-{len(self._issues) + 1}"
        self._issues.append({"key": key, "labels": body["fields"]["labels"], "done": False})
        return PeerAnswer(status=201, body={"id": "10000", "key": key})

    def _of(self, issue: dict[str, Any], found: re.Match[str], request: Request, body: Any) -> PeerAnswer:
        if request.method == "GET":
            named = {"transitions": [{"id": "31", "name": "Done"}, {"id": "11", "name": "Reopen"}]}
            return PeerAnswer(status=200, body=named if found[3] else _as_json(issue))
        if found[3]:
            issue["done"] = body["transition"]["id"] == "31"
        elif wrong := list(problems(body)):
            return PeerAnswer(status=400, body={"errorMessages": [], "errors": {"summary": wrong[0]}})
        return PeerAnswer(status=204, body="")

    def failure(self, status: int) -> Any:
        """A body of no interest."""
        return _failure(status)

    def tokens(self, request: Request) -> frozenset[str]:
        """What authorizes the call."""
        return bearer(request)

    def redacted(self, request: Request) -> tuple[str, Any]:
        """Nothing of it is secret."""
        return request.path, request.json() or {}


def _as_json(issue: Mapping[str, Any]) -> dict[str, Any]:
    category = "done" if issue["done"] else "indeterminate"
    return {"key": issue["key"], "fields": {"status": {"statusCategory": {"key": category}}}}


def _failure(status: int, message: str = "") -> dict[str, Any]:
    return {"errorMessages": [message or f"failed on purpose with {status}"], "errors": {}}


def shown(body: Mapping[str, Any]) -> str:
    """Return summary and description; a search has neither."""
    fields = body.get("fields", {})
    if not isinstance(fields, Mapping):
        return ""
    described = "\n".join(texts(fields.get("description", "")))
    return f"{fields.get('summary', '')}\n{described}"


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Jira refuses of the fields of an issue."""
    fields = body.get("fields", {})
    if not fields.get("summary") or len(fields["summary"]) > CHANNEL.limits["summary characters"]:
        yield "summary is missing or too long"
    if "\n" in str(fields.get("summary", "")):
        yield "The summary is invalid because it contains newline characters."
    if len("".join(texts(fields.get("description", "")))) > CHANNEL.limits["description characters"]:
        yield "description is too long"
    if any(" " in label for label in fields.get("labels", ())):
        yield "The label contains spaces which is invalid."


def _headline(body: Mapping[str, Any]) -> str:
    if "transition" in body:
        return f"transition {body['transition']['id']}"
    return shown(body).partition("\n")[0] if body.get("fields") and "summary" in body["fields"] else ""


PEER = Peer(
    headline=_headline,
    port=4585,
    hosts=("example.atlassian.net",),
    listen=lambda board, host, port: HttpListener(Jira(), board, host=host, port=port),
    ways={
        "jira": "api_url: https://example.atlassian.net/rest/api/3, project: OPS, issue_type: Bug, "
        "resolve_transition: Done, reopen_transition: Reopen, reopen_duration: 1h, http_config: "
        "{basic_auth: {username: relay@example.com, password_file: /etc/alertmanager/secrets/jira_token}}"
    },
    problems=problems,
    shown=shown,
)
