"""Uploads to Slack in its three steps: an address for so many bytes, the bytes, and where the file is shown."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs

from local.standins.peer import Request

UPLOADS = "/upload/v1/"


class Files:
    """The files of a workspace, by their ids. `shared` are those that people see, with channel and thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lengths: dict[str, int] = {}
        self._taken: dict[str, bytes] = {}
        self.shared: list[tuple[str, str, bytes]] = []

    def answer(self, request: Request, posted: Collection[tuple[str, str]]) -> dict[str, Any]:
        """Answers the two methods. `posted` are the messages that there are, by channel and time."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return {"ok": False, "error": "not_authed"}
        with self._lock:
            if request.path.endswith("/api/files.getUploadURLExternal"):
                return self._open(request)
            if request.path.endswith("/api/files.completeUploadExternal"):
                return self._complete(request.json(), posted)
        return {"ok": False, "error": "unknown_method"}

    def take(self, request: Request) -> bool:
        """Takes the bytes of a file whose address was asked for, as many as were named."""
        file = request.path.removeprefix(UPLOADS)
        with self._lock:
            if self._lengths.get(file) != len(request.body):
                return False
            self._taken[file] = request.body
        return True

    def _open(self, request: Request) -> dict[str, Any]:
        """A form alone is read: of JSON Slack says that its fields are missing."""
        form = parse_qs(request.body.decode("utf-8", "replace")) if "form" in request.headers["content-type"] else {}
        length = form.get("length", [""])[0]
        if not form.get("filename") or not length.isdecimal() or length == "0":
            return {"ok": False, "error": "invalid_arguments"}
        file = f"F{len(self._lengths) + 1:08d}"
        self._lengths[file] = int(length)
        return {"ok": True, "upload_url": f"https://files.slack.com{UPLOADS}{file}", "file_id": file}

    def _complete(self, asked: Any, posted: Collection[tuple[str, str]]) -> dict[str, Any]:
        """A file without a channel would be seen by the app alone; a thread is named by its first message."""
        files = [one.get("id") for one in asked.get("files", ())] if isinstance(asked, dict) else []
        if not files or any(file not in self._taken for file in files):
            return {"ok": False, "error": "file_not_found"}
        place = (str(asked.get("channel_id")), str(asked.get("thread_ts")))
        if place not in posted:
            return {"ok": False, "error": "channel_not_found"}
        self.shared += [(*place, self._taken[file]) for file in files]
        return {"ok": True, "files": [{"id": file} for file in files]}
