"""Says which parameters of the shipped templates are numbers, and which are durations; all others are texts.

A text in place of a number renders a rule that never fires, or a dashboard that is not JSON.
"""

from __future__ import annotations

import math

from compiler.reading.duration import DurationError, parse_duration
from compiler.reading.section import keys

NUMBERS = keys(
    """
    auth_failure_percent baseline_points burn_1d burn_1h burn_3d burn_6h certificate_critical_days
    certificate_days cpu_elevated_percent cpu_percent critical_error_percent database_errors_per_second
    dependency_error_percent descriptors_percent disk_percent error_anomaly_factor error_anomaly_floor_percent
    error_percent exceptions_per_second job_errors_per_second job_p95_seconds job_pass_percent
    latency_anomaly_factor latency_anomaly_floor_seconds leak_above_bytes leak_bytes memory_elevated_percent
    memory_percent minimum_requests_per_second p95_seconds p99_seconds pattern_factor pattern_per_second
    probe_seconds process_cores quality_drop_points quality_percent queue_messages rate_limit_near_per_second
    rate_limited_per_second restarts services_down slo_latency_seconds slow_seconds success_percent
    traffic_deviations traffic_spike_factor volume_drop_percent volume_minimum
    """
)
DURATIONS = keys("baseline job_window slo_window")


def type_fault(name: str, text: str) -> tuple[str, str] | None:
    """Returns what was expected of a parameter, and how to write it; None where `text` is that."""
    if name in NUMBERS and not _is_number(text):
        return "a number", "write a number, as in 5, 0.5 or 10e6"
    if name in DURATIONS and not _is_duration(text):
        return "a duration", "write it as 30m, 2h or 7d"
    return None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _is_duration(text: str) -> bool:
    try:
        return parse_duration(text) is not None
    except DurationError:
        return False
