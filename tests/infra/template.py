"""A synthesised template, asked by resource type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Template:
    """One stack of an assembly."""

    document: Mapping[str, Any]

    def of_type(self, kind: str) -> dict[str, Any]:
        """Resources by logical id; a wrong type name must not pass as "there is none"."""
        found = {k: r for k, r in self.document["Resources"].items() if r["Type"] == kind}
        assert found, f"no {kind} in the template"
        return found

    def properties(self, kind: str) -> list[Mapping[str, Any]]:
        return [resource["Properties"] for resource in self.of_type(kind).values()]

    def only(self, kind: str) -> Mapping[str, Any]:
        (resource,) = self.of_type(kind).values()
        assert isinstance(resource, dict)
        return resource


def read_template(assembly: Path, environment: str, stack: str) -> Template:
    """The template of one environment's stack: Relay, Alarms, or AlarmsFar for the further stack `far`."""
    hashed = f"{environment}{stack}{'[0-9A-F]' * 8}.template.json"
    (path,) = (assembly / f"assembly-{environment}").glob(hashed)
    return Template(json.loads(path.read_text()))
