"""Puts a chart as a picture into the thread of a message that is out.

Three requests, with the scope `files:write`: files.getUploadURLExternal, which takes a form and no JSON, the bytes to
the address that it answers, and files.completeUploadExternal, which shares the file as a reply
(https://docs.slack.dev/reference/methods/files.completeUploadExternal). The message itself is not edited: what
chat.update gives an uploaded file shows "file not found" (slackapi/java-slack-sdk 1441).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from alertrelay.render.picture import png
from alertrelay.values.charted import ChartPoints

NO_SCOPE = "missing_scope"
Body = bytes | Mapping[str, Any]
_POST = "chat.postMessage"
_WORD = re.compile(r"[a-z][a-z_]{1,59}")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def into_thread(
    drawn: ChartPoints,
    place: Mapping[str, str],
    *,
    url: str,
    api: Callable[[str, Body, Mapping[str, str]], Mapping[str, Any]],
    post: Callable[[str, Body, Mapping[str, str]], int],
) -> str:
    """Returns "" where the picture is in the thread, else what refused it. `url` is the one of chat.postMessage, `api`
    asks Slack with the token, `post` any address without it, for its status. Raises a DeliveryFailure."""
    if not url.endswith(_POST) or not all(place.get(part) for part in ("channel", "ts")):
        return "the address or the message is not one of Slack's Web API"
    methods, picture = url.removesuffix(_POST), png(drawn)
    form = urlencode({"filename": "chart.png", "length": len(picture), "alt_txt": drawn.name}).encode()
    opened = api(f"{methods}files.getUploadURLExternal", form, _FORM)
    address, file = opened.get("upload_url"), opened.get("file_id")
    if opened.get("ok") is not True or not isinstance(address, str):
        return _refusal(opened)
    if not _belongs(address, url):
        return "the address for the upload is not Slack's"
    status = post(address, picture, {"Content-Type": "image/png"})
    if status != 200:
        return f"the upload was answered {status}"
    shared = {
        "files": [{"id": file, "title": drawn.name}],
        "channel_id": place["channel"],
        "thread_ts": place["ts"],
    }
    done = api(f"{methods}files.completeUploadExternal", shared, {})
    return "" if done.get("ok") is True else _refusal(done)


def _refusal(answer: Mapping[str, Any]) -> str:
    """Returns Slack's word; anything else that was answered is not shown."""
    word = answer.get("error")
    return word if isinstance(word, str) and _WORD.fullmatch(word) else "an error without a name"


def _belongs(address: str, url: str) -> bool:
    """Returns whether the host of an address is the Web API's or one below it."""
    there, host = urlsplit(address), str(urlsplit(url).hostname)
    return there.scheme == "https" and f".{there.hostname}".endswith(f".{host}")
