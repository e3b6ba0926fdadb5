"""Charts the metric of the alert that a message shows in full, from one call to CloudWatch that no page waits for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from alertrelay.alert import Alert, Labels
from alertrelay.channels import channel
from alertrelay.config.model import Target
from alertrelay.notify.compose import Content, Writer
from alertrelay.notify.held import Destinations
from alertrelay.ports import ChartFailure
from alertrelay.render.facts import CHART
from alertrelay.render.sparkline import chart_points, sparkline
from alertrelay.render.wording import ALARM_SOURCES
from alertrelay.values.charted import ANNOTATION, POINTS, Charted, MetricQuery, points_written, read

SPAN = 3 * 3_600
"""Seconds that a chart shows: CloudWatch answers fastest for them, and has points of seconds for no longer."""
AskMetric = Callable[[MetricQuery, float, float], Sequence[tuple[float, float]]]
"""Returns the points of a metric, (seconds, value), between two times; within a second. Raises ChartFailure."""


def draw_chart(
    content: Content,
    digested: bool,
    *,
    target: Target | None,
    ask_metric: AskMetric | None,
    writer: Writer,
    places: Destinations,
    log: Callable[..., None],
) -> Content:
    """Adds the chart to the first alert of the message. Whatever fails, the message goes out without it; one with a
    critical alert, and one that is late already, waits for nothing."""
    if ask_metric is None or target is None or not channel(target.integration.channel).charts:
        return content
    if digested or not content.decision.reason or not places.in_time():
        return content
    if not content.alerts or any(alert.labels.get("severity") == "critical" for alert in content.alerts.values()):
        return content
    key, alert = next(iter(content.alerts.items()))
    charted = read(alert.annotations.get(ANNOTATION, "")) if alert.source in ALARM_SOURCES else None
    if charted is None:
        return content
    try:
        _check_home(alert, writer.site.home)
        drawn = _drawn(charted, ask_metric, writer.clock.now())
    except ChartFailure as failure:
        log("chart_not_drawn", gid=content.gid, failure=str(failure))
        return content
    return replace(content, alerts={**content.alerts, key: replace(alert, annotations={**alert.annotations, **drawn})})


def _check_home(alert: Alert, home: Labels) -> None:
    """Raises ChartFailure for an alarm of elsewhere: the function can ask its own account and region alone."""
    if any(alert.labels.get(name) != place for name, place in home.items()):
        raise ChartFailure("AnotherAccountOrRegion")


def _drawn(charted: Charted, ask_metric: AskMetric, now: datetime) -> Labels:
    """Returns the annotations of the chart: as a line, and as points for a channel that draws it itself. A period that
    has not ended is left out: its sum would look like a fall. Raises ChartFailure."""
    period = charted.query.period
    end = now.timestamp() // period * period
    start = end - max(period, SPAN // period * period)
    points = ask_metric(charted.query, start, end)
    found = chart_points(charted, points, start=start, end=end)
    if found is None:
        raise ChartFailure("TooFewPoints")
    return {CHART: sparkline(charted, points, start=start, end=end), POINTS: points_written(found)}
