from __future__ import annotations

import pytest
from alertrelay.values.units import shown, unit_of


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (91.374999, "%", "91.37%"),
        (80.0, "%", "80%"),
        (0.0002512, "s", "0.0002512 s"),
        (12345.678, "", "12346"),
        (0.0, "", "0"),
        (-1.5, "ms", "-1.5 ms"),
        (1610612736.0, "B", "1.5 GiB"),
        (512.0, "B", "512 B"),
        (2048.0, "B/s", "2 KiB/s"),
        (12.5, "/s", "12.5/s"),
        (1e300, "", "1.000e+300"),
    ],
)
def test_numbers_are_shown_as_people_read_them(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("namespace", "metric", "unit", "sign"),
    [
        ("AWS/RDS", "CPUUtilization", "", "%"),
        ("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "", "%"),
        ("AWS/RDS", "EBSByteBalance%", "", "%"),
        ("AWS/RDS", "FreeStorageSpace", "", "B"),
        ("AWS/RDS", "ReadLatency", "", "s"),
        ("Shop", "Duration", "Milliseconds", "ms"),
        ("Shop", "CPUUtilization", "", ""),
        ("AWS/RDS", "DatabaseConnections", "Count", ""),
        ("AWS/RDS", "DatabaseConnections", "", ""),
    ],
)
def test_the_unit_is_the_alarms_else_the_documented_one(namespace: str, metric: str, unit: str, sign: str) -> None:
    assert unit_of(namespace, metric, unit) == sign
