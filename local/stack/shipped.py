"""The configurations that a template's functions ship with, and fake values of the keys that they name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alertrelay.channels import settings_of
from alertrelay.config.model import Config
from alertrelay.config.watch import AnomalyConfig

from local.standins import peer


def config_of(template: Path) -> Config:
    """The compiled configuration that the forwarders of a template ship with: all of them the same."""
    shipped = _shipped(template, "ALERTRELAY_CONFIG")
    if shipped is None:
        raise ValueError(f"{template}: no function of it names a compiled configuration")
    return Config.from_json(shipped, settings_of=settings_of)


def anomaly_config_of(template: Path) -> AnomalyConfig | None:
    """Returns the configuration of a template's anomaly-scorer, None where it has none."""
    shipped = _shipped(template, "ALERTRELAY_ANOMALY_CONFIG")
    return None if shipped is None else AnomalyConfig.from_json(shipped)


def _shipped(template: Path, variable: str) -> Any:
    """The JSON file that the variable of a function names, beside that function's code."""
    resources = json.loads(template.read_text(encoding="utf-8"))["Resources"].values()
    for function in (r for r in resources if r["Type"] == "AWS::Lambda::Function"):
        name = function["Properties"]["Environment"]["Variables"].get(variable)
        if name:
            path = template.parent / function["Metadata"]["aws:asset:path"] / name
            return json.loads(path.read_text(encoding="utf-8"))
    return None


def fake_secrets(config: Config) -> dict[str, str]:
    """A value for each key that the configuration names: of the right shape, and obviously fake."""
    made = {}
    for receiver in config.receivers:
        for target in receiver.targets:
            for name in target.settings.key_name.split():
                made[name] = peer(target.integration.channel).fake_key(name, target.settings)
    if config.grafana:
        made[config.grafana.token_key] = "FAKE-grafana-service-account-token"
    return made
