"""Numbers as people read them, with the unit of their metric where it is known."""

from __future__ import annotations

from collections.abc import Mapping

_UNITS: Mapping[str, str] = {
    "Percent": "%",
    "Seconds": "s",
    "Milliseconds": "ms",
    "Microseconds": "µs",
    "Bytes": "B",
    "Bytes/Second": "B/s",
    "Count/Second": "/s",
}
# CloudWatch leaves the unit out of most notifications; these are documented with the services' metrics.
_UNIT_OF_METRIC: Mapping[tuple[str, str], str] = {
    ("AWS/RDS", "FreeableMemory"): "B",
    ("AWS/RDS", "FreeStorageSpace"): "B",
    ("AWS/RDS", "FreeLocalStorage"): "B",
    ("AWS/RDS", "SwapUsage"): "B",
    ("AWS/RDS", "ReadLatency"): "s",
    ("AWS/RDS", "WriteLatency"): "s",
    ("AWS/RDS", "ReplicaLag"): "s",
    ("AWS/RDS", "AuroraReplicaLag"): "ms",
    ("AWS/RDS", "AuroraReplicaLagMaximum"): "ms",
    ("AWS/RDS", "BurstBalance"): "%",
    ("AWS/ElastiCache", "FreeableMemory"): "B",
    ("AWS/ElastiCache", "SwapUsage"): "B",
    ("AWS/ElastiCache", "ReplicationLag"): "s",
    ("AWS/ApplicationELB", "TargetResponseTime"): "s",
    ("AWS/Lambda", "Duration"): "ms",
}
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def unit_of(namespace: str, metric: str, unit: str = "") -> str:
    """Returns the unit's short sign, "" where it is unknown: as the alarm says, else as the service documents the
    metric."""
    if unit in _UNITS:
        return _UNITS[unit]
    if namespace.startswith("AWS/") and metric.endswith(("Utilization", "Percentage", "%")):
        return "%"
    return _UNIT_OF_METRIC.get((namespace, metric), "")


def shown(value: float, unit: str = "") -> str:
    """Formats with four significant digits, whole numbers whole, bytes in binary units: 91.37%, 0.25 s, 1.5 GiB."""
    if unit in ("B", "B/s"):
        return _bytes(value) + unit[1:]
    return f"{_digits(value)}{unit if unit in ('%', '/s') else f' {unit}'.rstrip()}"


def _digits(value: float) -> str:
    if value == int(value) or abs(value) >= 1_000:
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:.3e}"
    return f"{value:.4g}"


def _bytes(value: float) -> str:
    power = 0
    while abs(value) >= 1024 and power < len(_BINARY) - 1:
        value /= 1024
        power += 1
    return f"{_digits(round(value, 2))} {_BINARY[power]}"
