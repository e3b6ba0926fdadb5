"""`grafana` and `automation` of delivery.yml: what they mean, and each fault with its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.load import Loaded, try_out
from tests.compiler.test_flap_damping import CONFIG, FALLBACKS

BOTH = """\
grafana: {url: "https://grafana.example.org", token_key: grafana_token, dashboards: [{match: ['a="b"'], dashboard: u1}]}
automation: [{document: AWS-RestartEC2Instance, match: ['a="b"'], role: "arn:aws:iam::111122223333:role/r"}]
"""


def loaded(folder: Path, text: str) -> Loaded:
    (folder / "d.yml").write_text(FALLBACKS + text)
    return try_out(CONFIG, delivery=folder / "d.yml")


def test_both_keys_are_read_and_the_token_is_a_key_of_the_secret(tmp_path: Path) -> None:
    config = loaded(tmp_path, BOTH).config
    assert config is not None
    assert config.grafana is not None
    assert (config.grafana.url, config.dashboards[0].dashboard, config.dashboards[0].panel) == (
        "https://grafana.example.org",
        "u1",
        0,
    )
    assert config.automations[0].role == "arn:aws:iam::111122223333:role/r"
    assert "grafana_token" in config.secret_keys()
    assert config.accompanied


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ("https://grafana", "grafana", "bad-value"),
        ("token_key: grafana_token, ", "", "missing-key"),
        ("token_key: grafana_token", "token_key: glsa_0123 456", "bad-value"),
        ("dashboards: [{match: ['a=\"b\"'], dashboard: u1}]", "dashboards: []", "empty-list"),
        ("dashboard: u1", "panel: x", "wrong-type"),
        ("AWS-RestartEC2Instance", '"arn:aws:ssm:eu-west-1:1:document/x"', "bad-value"),
        ("match: ['a=\"b\"'], role", "role", "missing-key"),
        ("match: ['a=\"b\"'], role", "match: ['a=~\"(\"'], role", "bad-matcher"),
        (":role/r", ":user/r", "bad-value"),
    ],
)
def test_each_fault_is_named_with_a_mend(tmp_path: Path, was: str, becomes: str, code: str) -> None:
    assert was in BOTH
    found = [one for one in loaded(tmp_path, BOTH.replace(was, becomes, 1)).findings if one.code == code]
    assert found
    assert found[0].mend
