"""Serves the files of the console's page, from the package. What does not lie in its folder is not there.

The page itself is asked for at each visit. It names the others under the version of all of them, so that a browser
keeps each for good, and never mixes two versions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from aws_lambda_powertools.event_handler import Response

from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.route import Answer

FOLDER = Path(__file__).parent / "page"
INDEX = "index.html"
TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
"""The kinds of files that a page has, by how their name ends."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect")),
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
    )
)
"""Nothing comes from elsewhere, and neither a script nor a style stands in the page itself."""
_ASKED_EACH_TIME = "no-cache"
_KEPT = "public, max-age=31536000, immutable"
_SAFE = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_NAMED = re.compile(r'((?:src|href)=")/console/([^"/]+")')


class _File(NamedTuple):
    kind: str
    content: str | bytes
    tag: str


def get_file(request: ApiRequest, name: str = INDEX, version: str = "") -> Answer:
    """Returns a file, or 304 to who has it already; with a `version` only one of that. Raises ApiError."""
    files, current = _files()
    found = files.get(name)
    if found is None or version not in ("", current):
        raise ApiError(404, {"code": 404, "message": f"the console has no file {name[:60]!r} of this version"})
    headers = {**_SAFE, "ETag": found.tag, "Cache-Control": _KEPT if version else _ASKED_EACH_TIME}
    if found.tag in [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(304, None, "", headers=headers)
    return Response(200, found.kind, found.content, headers=headers)


@cache
def _files() -> tuple[Mapping[str, _File], str]:
    """Returns all files by name, and their version."""
    contents = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}
    version = hashlib.sha256(b"".join(contents.values())).hexdigest()[:16]
    index = contents[INDEX].decode()
    contents[INDEX] = _NAMED.sub(rf"\1/console/{version}/\2", index).encode()
    return {name: _file(name, content) for name, content in contents.items()}, version


def _file(name: str, content: bytes) -> _File:
    kind = TYPES[Path(name).suffix]
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return _File(kind, content.decode() if "charset" in kind else content, tag)
