"""An alert as plain JSON, as `normalise` and `replay --json` print it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alertrelay.alert import Alert, rfc3339


def alert_json(alert: Alert) -> Mapping[str, Any]:
    """An alert as plain JSON; times are RFC 3339 in UTC."""
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "status": alert.status,
        "kind": alert.kind,
        "starts_at": rfc3339(alert.starts_at),
        "ends_at": rfc3339(alert.ends_at) if alert.ends_at else None,
        "updated_at": rfc3339(alert.updated_at) if alert.updated_at else None,
        "source": alert.source,
        "fingerprint": alert.fingerprint,
        "state_key": alert.state_key,
        "generator_url": alert.generator_url,
    }
