"""Finds receivers that nobody names."""

from __future__ import annotations

from collections.abc import Set

from compiler.reading.section import Section


def check_receivers(root: Section, named: Set[str]) -> None:
    """Adds a finding for each receiver that is not among `named`, those of the routes and of the fallbacks."""
    for value in root.list("receivers"):
        section = Section(value, root.findings)
        name = section.text("name")
        if name and name not in named:
            message = f"no route names the receiver {name!r}, and no fallback does"
            root.findings.info(section.at("name"), "unused-receiver", message, "remove it, or give it a route")
