"""Recognises files that hold an Alertmanager file, or become one, and are none themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.reading.yamlfile import Value

_GENERATED = (
    "take the file that it generates: kubectl get secret alertmanager-NAME-generated "
    "-o jsonpath='{.data.alertmanager\\.yaml\\.gz}' | base64 -d | gunzip"
)
"""Source: prometheus-operator, pkg/alertmanager/operator.go: the secret and its key."""


def what_it_is(root: Value) -> tuple[str, str] | None:
    """Return in words what a file is that is no Alertmanager file, and the mend; None for one that may be."""
    keys = root.data if isinstance(root.data, Mapping) else {}
    if "route" in keys or "receivers" in keys:
        return None
    if "apiVersion" in keys and "kind" in keys:
        return _of_kubernetes(keys["kind"].text, keys)
    chart = keys.get("alertmanager")
    if chart and isinstance(chart.data, Mapping) and "config" in chart.data:
        part = "alertmanager.config"
        return f"is a file of Helm values: the Alertmanager file stands under {part}", f"save {part} as a file"
    return None


def _of_kubernetes(kind: str, keys: Mapping[str, Value]) -> tuple[str, str]:
    if kind == "AlertmanagerConfig":
        return "is an AlertmanagerConfig, of which prometheus-operator makes the Alertmanager file", _GENERATED
    for part in ("data", "stringData"):
        held = keys.get(part)
        names = list(held.data) if held and isinstance(held.data, Mapping) else []
        if kind in ("ConfigMap", "Secret") and names:
            decoded = ", decoded by base64 -d," if (kind, part) == ("Secret", "data") else ""
            shown = " or ".join(f"{part}.{name}" for name in names[:3])
            return f"is a {kind} of Kubernetes around the file", f"save the text of {shown}{decoded} as a file"
    return f"is a {kind} of Kubernetes, and no Alertmanager file", "name an alertmanager.yml"
