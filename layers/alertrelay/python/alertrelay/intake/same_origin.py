"""Refuses what another site's page makes a browser send here.

Rules: W3C, "Fetch Metadata Request Headers": a browser that has them always sends Sec-Fetch-Site, and no script can set
it; and the Fetch standard, whose Origin older browsers send with every request that is not GET or HEAD. A program that
is no browser sends neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE = frozenset({"GET", "HEAD"})
OWN_HEADER = "x-alertrelay-console"
"""The page sends it with each request. Another site's script cannot without asking first, and is never allowed to."""


def foreign(method: str, headers: Mapping[str, str], *, by_cookie: bool) -> str:
    """Returns why a request is refused, "" where it is not. Names of headers are in lower case. What changes something
    must come from no other site, and with a cookie for its only right (`by_cookie`) from our own page."""
    if method in SAFE and not by_cookie:
        return ""
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "")
    if site and site not in ("same-origin", "none"):
        return f"sent by a page of another site ({site[:20]})"
    if not site and origin and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        return "sent by a page of another origin"
    if by_cookie and method not in SAFE and OWN_HEADER not in headers:
        return "a session without the header of the page"
    return ""
