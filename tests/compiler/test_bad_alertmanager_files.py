"""Bad and odd Alertmanager files: each finding has file, line, key and mend, and --fix leaves what it cannot read."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from compiler.delivery import NOTHING
from compiler.examine import examine
from compiler.mending.mend import CannotMend, mend
from compiler.reading.finding import Finding

SOUND = "route: {receiver: r}\nreceivers:\n  - name: r\n    webhook_configs:\n      - url_file: /s/k\n"


def found(tmp_path: Path, text: str) -> list[Finding]:
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    return list(examine(alertmanager=path, delivery=None, today=date(2026, 11, 30)))


@pytest.mark.parametrize(
    ("text", "line", "code", "key", "mend_has"),
    [
        (SOUND.replace("    webhook", "\twebhook"), 4, "yaml", "", "spaces"),
        (SOUND + "route: {receiver: s}\n", 6, "duplicate-key", "route", "remove one"),
        (SOUND + "---\n" + SOUND, 6, "yaml", "", "keep one document"),
        (SOUND.replace("webhook_configs", "webhok_configs"), 4, "unknown-key", "receivers[0].webhok_configs",
         "did you mean 'webhook_configs'?"),
        (SOUND + "time_intervals:\n  - name: n\n    time_intervals:\n      - location: Europe/Berlim\n", 9, "bad-value",
         "time_intervals[0].time_intervals[0].location", "as in Europe/Berlin"),
        (SOUND + "mute: &a [*a]\n", 6, "yaml", "", "anchor"),
        (SOUND + "x: *nothing\n", 6, "yaml", "", "define the anchor"),
        (SOUND.replace("url_file: /s/k", "url_file: [/s/k]"), 5, "wrong-type",
         "receivers[0].webhook_configs[0].url_file", "write one text"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_mend(
    text: str, line: int, code: str, key: str, mend_has: str, tmp_path: Path
) -> None:
    errors = [one for one in found(tmp_path, text) if one.severity == "error" and one.code == code]
    assert [(one.line, one.file) for one in errors[:1]] == [(line, str(tmp_path / "alertmanager.yml"))]
    assert key in errors[0].key
    assert mend_has in errors[0].mend


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("apiVersion: v1\nkind: ConfigMap\ndata: {config.yml: 'route: {}'}\n", "ConfigMap", "data.config.yml"),
        ("apiVersion: v1\nkind: Secret\ndata: {a.yml: cm91}\n", "Secret", "data.a.yml, decoded"),
        ("apiVersion: v1\nkind: Service\nspec: {}\n", "a Service of Kubernetes", "name an alertmanager.yml"),
        ("apiVersion: v1\nkind: AlertmanagerConfig\nspec: {}\n", "AlertmanagerConfig", "alertmanager-NAME-generated"),
        ("alertmanager:\n  config: {route: {receiver: a}}\n", "Helm values", "save alertmanager.config"),
    ],
)
def test_a_file_around_the_file_is_named_in_one_line(text: str, what: str, where: str, tmp_path: Path) -> None:
    (one,) = found(tmp_path, text)
    assert (one.severity, one.code, one.line) == ("error", "no-alertmanager-file", 1)
    assert what in one.message
    assert where in one.mend


@pytest.mark.parametrize(
    "text", ["\x00", "a: \ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "- a\n", "a"]
)
def test_junk_is_neither_a_crash_nor_rewritten(text: str, tmp_path: Path) -> None:
    assert any(one.severity == "error" for one in found(tmp_path, text))
    with suppress(CannotMend):
        assert mend(text, file="a.yml", delivery=NOTHING).text == text


def test_a_secret_in_a_block_is_masked_and_moved_whole() -> None:
    block = "|\n          FAKE1\n          FAKE2\n"
    text = SOUND + f"  - name: p\n    pagerduty_configs:\n      - routing_key: {block}        class: x\n"
    mended = mend(text, file="a.yml", delivery=NOTHING)
    assert mended.secrets == {"p_pagerduty_routing_key": "FAKE1\nFAKE2"}
    assert "FAKE" not in "\n".join((mended.text, *mended.diff))
    assert mended.text.endswith(
        "routing_key_file: /etc/alertmanager/secrets/p_pagerduty_routing_key\n        class: x\n"
    )


def test_a_file_of_five_megabytes_is_read(tmp_path: Path) -> None:
    routes = "".join(f"    - matchers: ['service=\"s{number}\"']\n" for number in range(300))
    text = SOUND.replace("route: {receiver: r}", f"route:\n  receiver: r\n  routes:\n{routes}") + "# x\n" * 1_250_000
    assert [one for one in found(tmp_path, text) if one.severity != "info"] == []


def test_what_may_be_a_secret_is_not_shown_beside_one_that_is_moved() -> None:
    entry = "webhook_configs: [{url: 'https://x.example.com/FAKE1'}], wechat_configs: [{api_secret: FAKE2}]"
    text = f"route: {{receiver: r}}\nreceivers: [{{name: r, pagerduty_configs: [{{routing_key: FAKE3}}], {entry}}}]\n"
    mended = mend(text, file="a.yml", delivery=NOTHING)
    assert "FAKE3" in mended.secrets.values()
    assert "FAKE1" in mended.text
    assert "FAKE" not in "\n".join(mended.diff)


def test_a_secret_that_is_a_word_of_its_key_leaves_no_hole_in_it() -> None:
    text = "global: {smtp_auth_password: password}\n" + SOUND
    shown = mend(text, file="a.yml", delivery=NOTHING).diff
    assert [line for line in shown if "smtp" in line] == [
        "-global: {smtp_auth_password: <secret>}",
        "+global: {smtp_auth_password_file: /etc/alertmanager/secrets/smtp_auth_password}",
    ]
