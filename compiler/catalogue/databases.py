"""Names what the alarms of RDS instances and of Aurora clusters share."""

from __future__ import annotations

from compiler.catalogue.rule import Chosen, When

NAMESPACE = "AWS/RDS"
SLOW = "Queries slow down, and connections pile up until the pool is exhausted."
BURSTABLE = When(text="burstable classes (t2, t3, t4g)", holds=lambda f: f.burstable)
INSIGHTS = When(text="with `performance_insights: true`", holds=lambda f: "performance_insights" in f.flags)
TEN_MINUTES_OF_CREDITS = Chosen(text="10 for each vCPU", of=lambda f: 10 * f.number("vcpus"))
