"""The escapers that html/template puts behind each action, by the context in which it stands."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.templates.functions import Function

ESCAPERS: Mapping[str, Function] = {}
