from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alertrelay.channels import settings_of
from alertrelay.config.model import Config

from compiler.config_files import environments
from compiler.examine import check_folder
from compiler.load import load
from tests.example import CONFIG as SHIPPED


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A copy of the shipped configuration, to be broken."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "config"))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_environments_are_the_files_of_the_folder(folder: Path) -> None:
    assert environments(folder) == ("dev", "prod", "staging")
    assert environments(folder / "nothing") == ()


def test_loaded_is_the_configuration_and_the_environment(folder: Path) -> None:
    loaded = load(folder, "prod")
    assert loaded.errors == ()
    assert loaded.config is not None
    assert loaded.config.environment == "prod"
    assert loaded.config.last_resort
    assert loaded.config.fallbacks["pagerduty-oncall"] == (("slack-critical", "email-oncall"), ("sms-oncall",))
    assert loaded.environment is not None
    assert [d.id for d in loaded.environment.databases] == ["orders-db", "billing-db"]
    assert loaded.last_resort is not None


def test_what_ships_as_json_is_read_back_equal(folder: Path) -> None:
    config = load(folder, "dev").config
    assert config is not None
    assert Config.from_json(json.loads(json.dumps(config.to_json())), settings_of=settings_of) == config


def test_the_hash_names_the_content_and_nothing_else(folder: Path) -> None:
    first = load(folder, "dev").config
    _replace(folder / "alertmanager.yml", "# Info tells nobody", "# Information tells nobody")
    second = load(folder, "dev").config
    _replace(folder / "alertmanager.yml", 'channel: "#anomalies"', 'channel: "#anomaly"')
    third = load(folder, "dev").config
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.hash == second.hash != third.hash
    assert len(first.hash) == 64


def test_the_transport_of_delivery_yml_decides_how_mail_goes_out(folder: Path) -> None:
    _replace(folder / "delivery.yml", "transport: smtp", "transport: ses\n  time_zone: Asia/Tokyo")
    config = load(folder, "dev").config
    assert config is not None
    settings = [t.settings for r in config.receivers for t in r.targets if t.integration.channel == "email"]
    assert {getattr(s, "transport", "") for s in settings} == {"ses"}
    assert {getattr(s, "time_zone", "") for s in settings} == {"Asia/Tokyo"}


def test_the_keys_that_the_secret_has_to_hold(folder: Path) -> None:
    config = load(folder, "dev").config
    assert config is not None
    assert config.secret_keys() == ("pagerduty_key", "slack_bot_token", "smtp_password")


@pytest.mark.parametrize("name", ["alertmanager.yml", "delivery.yml", "environments/dev.yml"])
def test_with_an_error_in_any_file_there_is_nothing_to_deploy(name: str, folder: Path) -> None:
    path = folder / name
    path.write_text(path.read_text() + "\nunknown: 1\n")
    loaded = load(folder, "dev")
    assert (loaded.config, loaded.environment) == (None, None)
    assert [(f.code, f.file) for f in loaded.errors] == [("unknown-key", str(path))]


@pytest.mark.parametrize("name", ["alertmanager.yml", "delivery.yml", "environments/dev.yml"])
@pytest.mark.parametrize("content", [b"", b"\xff", b"a: [", b"null", b"[]", b"5", b"a: \x00"])
def test_a_broken_file_is_a_finding_and_nothing_to_deploy(name: str, content: bytes, folder: Path) -> None:
    (folder / name).write_bytes(content)
    loaded = load(folder, "dev")
    assert loaded.config is None
    assert str(folder / name) in {f.file for f in loaded.errors}


def test_an_environment_that_is_not_there_is_met_with_the_nearest(folder: Path) -> None:
    (found,) = load(folder, "prd").errors
    assert (found.code, found.mend) == ("unreadable", "did you mean 'prod'?")
    assert load(folder, "../dev").errors[0].code == "bad-value"


def test_a_folder_without_environments_and_a_stray_file_are_named(folder: Path) -> None:
    for path in (folder / "environments").iterdir():
        path.rename(path.with_suffix(".yaml"))
    codes = [f.code for f in check_folder(folder)]
    assert codes.count("ignored-file") == 3
    assert "no-environment" in codes


def test_what_a_lambda_imports_knows_neither_yaml_nor_re2() -> None:
    script = "import sys, alertrelay.config.model; sys.exit(bool({'yaml', 're2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
