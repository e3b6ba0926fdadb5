"""Serves the files of the console's page, from the package. What is not in FILES is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from aws_lambda_powertools.event_handler import Response

from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.route import Answer

INDEX = "index.html"
FILES: Mapping[str, str] = {
    INDEX: "text/html; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "app.css": "text/css; charset=utf-8",
}
"""The files of `page/`, each with its content type."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect")),
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
"""Nothing comes from elsewhere, and no script or style stands in the page itself."""
_SAFE = {
    "Cache-Control": "no-cache",  # kept, and asked for again each time: a new version is seen at once
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def get_file(request: ApiRequest, name: str = INDEX) -> Answer:
    """Returns a file, or 304 to who has it already. Raises ApiError."""
    if name not in FILES:
        raise ApiError(404, {"code": 404, "message": f"the console has no file {name[:60]!r}"})
    content, tag = _read(name)
    headers = {**_SAFE, "ETag": tag}
    if tag in [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(304, None, "", headers=headers)
    return Response(200, FILES[name], content, headers=headers)


@cache
def _read(name: str) -> tuple[str | bytes, str]:
    content = (resources.files("alertrelay.intake.console") / "page" / name).read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return (content.decode() if "charset" in FILES[name] or "svg" in FILES[name] else content), tag
