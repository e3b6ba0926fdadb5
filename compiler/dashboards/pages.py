"""Lists the dashboards of an environment, without that of the relay itself."""

from __future__ import annotations

from compiler.alarms.alarm import setting_of
from compiler.alarms.plan import plan
from compiler.alarms.slo import plan_slos
from compiler.dashboards.resource_pages import alert_dashboards, resource_dashboards
from compiler.dashboards.slo_page import slo_dashboards
from compiler.dashboards.widgets import Dashboard
from compiler.reading.finding import Findings
from compiler.resources.environment import Environment


def dashboards_of(environment: Environment) -> list[Dashboard]:
    """Returns the dashboards of budgets, alarms and resources, without that of the relay itself."""
    planned = plan(environment.resources, setting_of(environment), Findings())
    slos = plan_slos(environment, Findings())
    return [
        *slo_dashboards(environment.name, environment.slos),
        *alert_dashboards(planned, slos),
        *resource_dashboards(planned),
    ]
