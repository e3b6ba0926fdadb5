"""Photographs the console for docs/console.md: `alertrelay serve` on an evening when PagerDuty does not answer.

`python -m tools.console.pictures` writes docs/images/console-*.png, for desk and phone, light and dark. Needs Chromium;
exits with 1 where a picture has more than MOST_BYTES.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339

from tests.example import CONFIG
from tools.console.node import NODE, ROOT, install
from tools.console.served import RunningRelay, served

MOST_BYTES = 150_000
PREFIX = "console-"
_WAIT_SECONDS = 60


def evening(now: datetime) -> Iterator[dict[str, Any]]:
    """Yields the alerts of the evening, as a Prometheus posts them."""
    rows = (
        (48, "ErrorBudgetBurningFast", "critical", "checkout", {"slo": "checkout-availability", "team": "shop"},
         "checkout spends its error budget 16 times as fast as planned",
         "Requests fail with 502 since the deployment at 02:05. Freeze deployments of the service."),
        (21, "RDSHighCPU", "critical", "orders", {"instance": "orders-db"},
         "CPU of database orders-db is above 90 % for 15 minutes", ""),
        (44, "HighLatency", "warning", "checkout", {"path": "/pay"}, "p99 of /pay is 2.1 s", ""),
        (39, "HighLatency", "warning", "checkout", {"path": "/basket"}, "p99 of /basket is 1.4 s", ""),
        (95, "QueueBacklog", "warning", "mail", {"queue": "receipts"}, "12,400 receipts wait for 20 minutes", ""),
        (17, "DiskWillFill", "warning", "search", {"instance": "search-1"}, "/var of search-1 is full in 4 hours", ""),
        (16, "DiskWillFill", "warning", "search", {"instance": "search-2"}, "/var of search-2 is full in 6 hours", ""),
        (300, "CertificateExpires", "warning", "gateway", {"domain": "shop.example.com"},
         "The certificate of shop.example.com expires in 9 days", ""),
        (130, "ExportSlow", "warning", "reports", {"job": "nightly"}, "The nightly export takes 3 h", ""),
    )  # fmt: skip
    for minutes, name, severity, service, labels, summary, description in rows:
        yield {
            "labels": {"alertname": name, "severity": severity, "service": service, "env": "prod", **labels},
            "annotations": {
                "summary": summary,
                **({"description": description} if description else {}),
                "runbook_url": f"https://runbooks.example.com/{name}",
            },
            "startsAt": rfc3339(now - timedelta(minutes=minutes)),
            "endsAt": rfc3339(now + timedelta(hours=4)),
        }


def play(relay: RunningRelay) -> None:
    """Breaks PagerDuty, posts the alerts, silences one and acknowledges another."""
    now = datetime.now(UTC)
    relay.ask("POST", "/local/faults", {"channel": "pagerduty", "fault": "503"})
    relay.ask(
        "POST",
        "/api/v2/silences",
        {
            "matchers": [{"name": "service", "value": "reports", "isRegex": False, "isEqual": True}],
            "startsAt": rfc3339(now),
            "endsAt": rfc3339(now + timedelta(hours=6)),
            "createdBy": "ben",
            "comment": "The export is large this week",
        },
    )
    relay.ask("POST", "/api/v2/alerts", list(evening(now)))
    alerts = relay.ask("GET", "/api/v1/overview")["alerts"]
    database, checkout = (_named(alerts, name) for name in ("RDSHighCPU", "ErrorBudgetBurningFast"))
    body = {"fingerprint": database, "comment": "A query of the report; I stop it", "by": "ana"}
    _until(lambda: {"failing", "by_fallback"} & _states(relay, checkout))
    relay.ask("POST", "/api/v1/acknowledgements", body)


def _named(alerts: Sequence[Mapping[str, Any]], name: str) -> str:
    return str(next(one["fingerprint"] for one in alerts if one["name"] == name))


def _states(relay: RunningRelay, fingerprint: str) -> set[str]:
    return {one["state"] for one in relay.ask("GET", f"/api/v1/alert/{fingerprint}")["notifications"]}


def _until(holds: Callable[[], Any]) -> None:
    for _ in range(_WAIT_SECONDS * 2):
        if holds():
            return
        time.sleep(0.5)
    raise TimeoutError("the relay did not notify in time")


def main() -> int:
    """Runs the command."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("pictures: chromium is not installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    install()
    folder = ROOT / "docs" / "images"
    with served(CONFIG, "prod") as relay:
        play(relay)
        script = ROOT / "tools/console/pictures.mjs"
        subprocess.run([str(NODE), str(script), chromium, relay.url, relay.token, str(folder)], check=True)
    sizes = {path: path.stat().st_size for path in sorted(folder.glob(f"{PREFIX}*.png"))}
    for path, size in sizes.items():
        print(f"{size // 1000:4} KB  {path.relative_to(ROOT)}{'  TOO LARGE' if size > MOST_BYTES else ''}")
    return 1 if max(sizes.values()) > MOST_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
