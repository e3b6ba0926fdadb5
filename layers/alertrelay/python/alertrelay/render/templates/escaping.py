"""The escapers that html/template puts behind each action, by the context in which it stands."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.render.templates.functions import TemplateFunction

ESCAPERS: Mapping[str, TemplateFunction] = {}
