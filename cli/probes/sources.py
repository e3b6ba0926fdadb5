"""Tries the servers that post here, as `sources` of an environment's file names them, and Grafana.

Sources: Prometheus HTTP API (/api/v1/status/buildinfo, /api/v1/alertmanagers); Alertmanager API v2 (/api/v2/status);
Grafana HTTP API (/api/annotations).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from cli.probes.http import ask, authorised
from cli.probes.row import NotTaken
from cli.probes.secret import Values, value_of


def prometheus(url: str, key: str, intake: str, values: Values) -> str:
    """Asks for its version, and whether the intake is among the Alertmanagers that it posts to. `intake` is the
    intake's address, "" where there is none."""
    base, headers = url.rstrip("/"), _bearer(key, values)
    answer = authorised(ask("GET", f"{base}/api/v1/status/buildinfo", name=url, headers=headers), name=url, key=key)
    version = _text(answer.json, "data", "version")
    if not version:
        raise NotTaken("refused", f"{url} answered 200, but not as Prometheus does", "name the address of Prometheus")
    if not intake:
        return f"Prometheus {version}"
    found = ask("GET", f"{base}/api/v1/alertmanagers", name=url, headers=headers)
    data = found.json.get("data")
    active = data.get("activeAlertmanagers", []) if isinstance(data, dict) else []
    hosts = {urlsplit(str(one.get("url", ""))).netloc for one in active if isinstance(one, dict)}
    if urlsplit(intake).netloc not in hosts:
        mend = f"add {intake} under alerting.alertmanagers of its configuration (docs/intake.md)"
        raise NotTaken("refused", f"Prometheus {version} does not post to the intake", mend)
    return f"Prometheus {version}, which posts to the intake"


def alertmanager(url: str, key: str, values: Values) -> str:
    """Asks for its status. Raises NotTaken."""
    headers = _bearer(key, values)
    answer = authorised(ask("GET", f"{url.rstrip('/')}/api/v2/status", name=url, headers=headers), name=url, key=key)
    version = _text(answer.json, "versionInfo", "version")
    if not version:
        raise NotTaken(
            "refused", f"{url} answered 200, but not as Alertmanager does", "name the address of Alertmanager"
        )
    return f"Alertmanager {version}"


def grafana(url: str, key: str, values: Values) -> str:
    """Asks for one annotation, by the token that writes them. Raises NotTaken."""
    headers = _bearer(key, values)
    answer = ask("GET", f"{url.rstrip('/')}/api/annotations?limit=1", name="Grafana", headers=headers)
    authorised(answer, name="Grafana", key=key)
    if not answer.text.lstrip().startswith("["):
        raise NotTaken("refused", f"{url} answered 200, but not as Grafana does", "name the address of Grafana")
    return "the token reads annotations; writing was not tried"


def _bearer(key: str, values: Values) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {value_of(values, key)}"} if key else {}


def _text(body: Mapping[str, object], outer: str, inner: str) -> str:
    held = body.get(outer)
    return str(held.get(inner, ""))[:30] if isinstance(held, dict) else ""
