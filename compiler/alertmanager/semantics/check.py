"""Checks what a sound alertmanager.yml means: all that Alertmanager would start with, and somebody would regret."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from compiler.alertmanager.file import AlertmanagerFile
from compiler.alertmanager.semantics.addresses import check_addresses
from compiler.alertmanager.semantics.calendar import check_intervals
from compiler.alertmanager.semantics.inhibition import check_inhibition
from compiler.alertmanager.semantics.receivers import check_receivers
from compiler.alertmanager.semantics.routes import check_routes
from compiler.alertmanager.semantics.rules import AlertRule, check_against_rules, check_root
from compiler.reading.section import Section


def check_meaning(
    parsed: AlertmanagerFile,
    *,
    fallbacks: Collection[str],
    today: date,
    rules: Sequence[AlertRule] = (),
    named: bool = False,
    smtp: bool = True,
    hours: Collection[str] = (),
) -> None:
    """Adds the findings on a file without errors. `fallbacks` are the receivers that delivery.yml names, `hours` the
    intervals that it does; `smtp`: mail goes by the file's own mail servers."""
    root = parsed.section
    assert root is not None
    check_routes(parsed.placed_routes)
    intervals = (
        Section(value, root.findings) for key in ("mute_time_intervals", "time_intervals") for value in root.list(key)
    )
    sections = {one.text("name"): one for one in intervals}
    check_intervals(parsed.placed_routes, parsed.time_intervals, sections, today, hours=hours)
    check_inhibition(parsed.placed_rules)
    check_addresses(root, smtp=smtp)
    check_receivers(root, {*parsed.routed, *fallbacks})
    if named:
        check_against_rules(parsed.placed_routes, parsed.placed_rules, rules)
    check_root(parsed.route, rules, root.findings)
