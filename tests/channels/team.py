"""Targets whose configuration sets texts of the team's own, for the tests of every kind."""

from __future__ import annotations

from typing import Any

from alertrelay.alert import Integration
from alertrelay.channels import channel
from alertrelay.config.channel import Settings
from alertrelay.config.model import Target

from compiler.templates.files import upstream_library


def team_target(kind: str, settings: Settings, texts: dict[str, Any]) -> Target:
    """A target with these texts, compiled as the compiler does."""
    html = {key.name for key in channel(kind).keys if key.is_html(settings)}
    templates: dict[str, Any] = {}

    def made(value: Any, *, html: bool) -> Any:
        if isinstance(value, dict):
            return {"m": {name: made(one, html=html) for name, one in value.items()}}
        if isinstance(value, list):
            return {"l": [made(one, html=html) for one in value]}
        if not isinstance(value, str):
            return {"v": value}
        library = upstream_library()
        program = library.html(value) if html else library.text(value)
        templates.update(program.templates)
        return {"t": program.main}

    fields = {key: made(value, html=key in html) for key, value in texts.items()}
    integration = Integration(receiver="chat", channel=kind, index=0)
    shipped = {"fields": fields, "templates": templates} if fields else {}
    return Target(integration=integration, send_resolved=True, settings=settings, texts=shipped)
