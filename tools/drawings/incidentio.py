"""An alert of incident.io as text, and about as its page shows it.

Source: docs.incident.io, Alert sources, Alertmanager: title and description come from the source's own templates, which
begin as the alert's name and its description; labels become attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.drawings import Drawing
from tools.drawings.page import page, plain, rows

_NAME = __name__.rpartition(".")[2]
_STYLE = (
    "body{font:14px/1.43 Inter,Helvetica,Arial,sans-serif;color:#1c1917;background:#fff}h1{font-size:17px;margin:6px 0}"
    ".f{border-radius:10px;font-size:12px;font-weight:600;padding:1px 8px;background:#fde3e3;color:#b42318}td{padding:"
    "1px 14px 1px 0;vertical-align:top;font-size:13px}td:first-child{color:#78716c;white-space:nowrap}a{color:#2563eb}"
)


def _alerts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    alerts: list[Mapping[str, Any]] = message["alerts"]
    return alerts


def _text(message: Mapping[str, Any]) -> str:
    lines = [f"{message['status']}: {message['groupKey']}"]
    for alert in _alerts(message):
        about = alert["annotations"]
        lines += [f"{alert['status']} {alert['labels'].get('alertname', '')}: {about.get('summary', '')}"]
        lines += [f"  {name}: {value}" for name, value in (*alert["labels"].items(), *about.items())]
    return "\n".join(lines)


def _page(message: Mapping[str, Any]) -> str:
    alert = _alerts(message)[0]
    about = alert["annotations"]
    return page(
        _STYLE,
        f"<span class=f>{plain(alert['status'].title())}</span><h1>{plain(alert['labels']['alertname'])}</h1>"
        f"<p>{plain(about.get('description', ''))}</p>{rows({**alert['labels'], **about})}",
    )


DRAWING = Drawing(
    about=(
        "Alertmanager's JSON, by which an alert source knows a group. What people see of it is up to the source's own\n"
        "templates."
    ),
    text=_text,
    page=_page,
    pictures={"incidentio-critical": (f"critical-everything.{_NAME}.json", 750, False)},
)
