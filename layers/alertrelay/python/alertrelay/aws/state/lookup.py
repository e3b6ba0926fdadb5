"""Implements state.Lookup on DynamoDB, over items of several kinds, and state.Inhibitors: `I#<rule>#<equal>`/`I`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from alertrelay.aws.state import inhibitors as noted_sources
from alertrelay.aws.state import items
from alertrelay.aws.state.groups import header_key, headers_by_gid
from alertrelay.aws.state.silences import SILENCES_KEY
from alertrelay.aws.state.table import OnTable, read
from alertrelay.aws.state.ticks import waking_key
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.state import AlertContext, Facts


class DynamoLookup(OnTable):
    """See state.Lookup and state.Inhibitors."""

    def note_source(self, entry: InhibitKey, key: str, *, fires: bool) -> None:
        """See state.Inhibitors."""
        noted_sources.note(self._table, entry, key, fires=fires, now=self._clock.now())

    def facts(
        self,
        *,
        alerts: Sequence[str],
        inhibitors: Sequence[tuple[str, str]],
        services: Sequence[str] = (),
        objectives: Sequence[str] = (),
        judged: Sequence[str] = (),
        waking: str = "",
        headers: Sequence[str] = (),
    ) -> Facts:
        """See state.Lookup."""
        slos = {items.budget_key(objective): objective for objective in objectives}
        named = {items.anomalies_key(service): service for service in services}
        wanted = [SILENCES_KEY, *([waking_key(waking)] if waking else [])]
        wanted += [{"pk": items.text(f"I#{rule}#{equal}"), "sk": items.text("I")} for rule, equal in inhibitors]
        wanted += [{"pk": items.text(f"A#{key}"), "sk": items.text("A")} for key in dict.fromkeys(alerts)]
        wanted += [{"pk": items.text(key), "sk": items.text("N")} for key in named]
        wanted += [{"pk": items.text(key), "sk": items.text("B")} for key in slos]
        about = {items.verdict_key(fingerprint): fingerprint for fingerprint in judged}
        wanted += [{"pk": items.text(key), "sk": items.text("V")} for key in about]
        wanted += [header_key(gid) for gid in dict.fromkeys(headers)]
        found: dict[str, list[Any]] = {"A": [], "I": [], "S": [], "N": [], "B": [], "V": [], "W": [], "H": []}
        for item in self._table.batch(wanted):
            found[item["sk"]["S"]].append(item)
        found["I"] += self._table.batch(noted_sources.wider(found["I"]))
        return Facts(
            alerts={one.key: one for one in (read(items.alert_item, item) for item in found["A"])},
            inhibitors=_merged(read(items.sources, item) for item in found["I"]),
            silences=read(items.silences, found["S"][0])[0] if found["S"] else (),
            context=AlertContext(
                anomalies={named[item["pk"]["S"]]: items.anomaly_notes(item, self._clock.now()) for item in found["N"]},
                budgets={slos[item["pk"]["S"]]: note for item in found["B"] if (note := items.budget(item))},
                verdicts={about[item["pk"]["S"]]: one for item in found["V"] if (one := items.verdict(item))},
            ),
            waking=read(items.waking, found["W"][0])[0] if found["W"] else None,
            headers=headers_by_gid(found["H"]) if headers else None,
        )


def _merged(found: Iterable[tuple[tuple[str, str], dict[str, bool]]]) -> dict[tuple[str, str], dict[str, bool]]:
    merged: dict[tuple[str, str], dict[str, bool]] = {}
    for entry, sources in found:
        merged.setdefault(entry, {}).update(sources)
    return merged
