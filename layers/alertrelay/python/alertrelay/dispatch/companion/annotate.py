"""Writes the start and the end of an incident on Grafana's dashboards, as one region, and an event as one point.

No state is kept: a region has the alert's key among its tags, and is found by that, so a message that comes twice
writes nothing twice. Source: Grafana HTTP API, annotations: POST creates, PATCH changes, GET with `tags` finds those
that have all of them; times are milliseconds; text is shown as HTML, sanitized.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from alertrelay.alert import Alert
from alertrelay.config.model import AnnotatedDashboard
from alertrelay.policy.group_key import key_of
from alertrelay.policy.matchers import matches

OURS = "alertrelay"
"""A tag of each annotation."""
TEXT = 1000
_LABELS = ("alertname", "severity", "service", "env")

Ask = Callable[[Literal["GET", "POST", "PATCH"], str, Mapping[str, Any]], Any]
"""Asks Grafana for a path; returns the JSON of its answer, whatever that is. Raises GrafanaUnanswered,
GrafanaRefused."""


class GrafanaUnanswered(Exception):
    """Grafana did not answer, or is unwell: worth another try."""


class GrafanaRefused(Exception):
    """Grafana refuses it, and will again: a wrong token, a dashboard that there is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One annotation: `end` None while the incident lasts. A resolve may not know when its incident began."""

    dashboard: AnnotatedDashboard
    key: str
    start: int
    end: int | None
    text: str
    tags: tuple[str, ...]

    @property
    def is_event(self) -> bool:
        """Returns whether it is a point, of something that has no end: its key is of the event itself."""
        return "event" in self.tags


def marks(alerts: Iterable[Alert], dashboards: Sequence[AnnotatedDashboard]) -> list[Mark]:
    """Returns the annotations of a batch, of each alert on each dashboard the newest: an incident that ended within it
    is one annotation, in whichever order the queue brought its updates."""
    found: dict[tuple[AnnotatedDashboard, str], Mark] = {}
    for alert in sorted(alerts, key=lambda one: one.updated_at or one.ends_at or one.starts_at):
        for dashboard in dashboards:
            if alert.status in ("firing", "resolved") and matches(dashboard.matchers, alert.labels):
                mark = _mark(alert, dashboard)
                before = found.get((dashboard, mark.key))
                if before and mark.is_event:
                    continue  # by two topics, which took it at different times
                if before and mark.end is not None:
                    mark = replace(mark, start=min(before.start, mark.start))
                found[dashboard, mark.key] = mark
    return list(found.values())


def _mark(alert: Alert, dashboard: AnnotatedDashboard) -> Mark:
    event, key = alert.kind == "event", key_of(alert.state_key)
    start = _millis(alert.starts_at)
    end = start if event else _millis(alert.ends_at or alert.updated_at or alert.starts_at)
    summary = alert.annotations.get("summary", "")
    text = f"{alert.name}: {summary}" if summary else alert.name
    link = alert.generator_url if alert.generator_url.startswith(("https://", "http://")) else ""
    tags = [alert.labels[name][:100] for name in _LABELS if alert.labels.get(name)]
    return Mark(
        dashboard=dashboard,
        key=key,
        start=start,
        end=end if event or alert.status == "resolved" else None,
        text=html.escape(text[:TEXT]) + (f' <a href="{html.escape(link)}">source</a>' if link else ""),
        tags=(OURS, f"alert:{key}", "event" if event else "incident", *tags),
    )


def write(mark: Mark, ask: Ask) -> str:
    """Writes one annotation, and returns what was done: `written`, `closed`, or `known`. Raises GrafanaUnanswered,
    GrafanaRefused."""
    known = _known(mark, ask)
    if mark.is_event:
        return "known" if known else _create(mark, ask)
    open_ = next((one for one in known if _is_open(one)), None)
    if mark.end is None:
        if open_ or any(int(one.get("time", -1)) == mark.start for one in known):
            return "known"
        return _create(mark, ask)
    if open_ is None:
        if any(int(one.get("timeEnd", -1)) == mark.end for one in known):
            return "known"
        return _create(mark, ask) if mark.start < mark.end else "known"
    _answered(ask("PATCH", f"/api/annotations/{int(open_['id'])}", {"timeEnd": mark.end}), "message")
    return "closed"


def _known(mark: Mark, ask: Ask) -> list[Mapping[str, Any]]:
    wanted = [("tags", OURS), ("tags", f"alert:{mark.key}"), ("limit", "20")]
    if mark.dashboard.dashboard:
        wanted.append(("dashboardUID", mark.dashboard.dashboard))
    answer = ask("GET", f"/api/annotations?{urlencode(wanted)}", {})
    if not isinstance(answer, list):
        raise GrafanaUnanswered("a list of annotations was expected, and something else came")
    found = [one for one in answer if isinstance(one, dict) and isinstance(one.get("id"), int)]
    panel = mark.dashboard.panel
    return [one for one in found if not panel or one.get("panelId") == panel]


def _is_open(one: Mapping[str, Any]) -> bool:
    """Grafana stores the start of an annotation as its `timeEnd` where none was given."""
    return "incident" in (one.get("tags") or ()) and one.get("timeEnd") in (None, 0, one.get("time"))


def _create(mark: Mark, ask: Ask) -> str:
    body: dict[str, Any] = {"time": mark.start, "tags": list(mark.tags), "text": mark.text}
    if mark.end is not None and mark.end != mark.start:
        body["timeEnd"] = mark.end
    if mark.dashboard.dashboard:
        body["dashboardUID"] = mark.dashboard.dashboard
    if mark.dashboard.panel:
        body["panelId"] = mark.dashboard.panel
    _answered(ask("POST", "/api/annotations", body), "id")
    return "written"


def _answered(answer: Any, key: str) -> None:
    """A 200 that is not Grafana's own answer is an error behind a success: a proxy, or a login page."""
    if not isinstance(answer, dict) or key not in answer:
        raise GrafanaUnanswered(f"a JSON object with {key!r} was expected, and something else came")


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)
