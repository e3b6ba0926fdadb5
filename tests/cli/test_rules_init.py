"""`alertrelay rules init` writes a folder with what the environments say already."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from cli.command import main
from tests.example import CONFIG


@pytest.mark.parametrize("base", ["https://runbooks.acme.test/a?b=c#d", ""])
def test_rules_take_the_runbooks_address_of_the_environments(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    for file in (config / "environments").glob("*.yml"):
        text = file.read_text(encoding="utf-8")
        file.write_text("\n".join(one for one in text.split("\n") if not one.startswith("runbook_base_url")))
    with (config / "environments" / "prod.yml").open("a", encoding="utf-8") as prod:
        prod.write(f'\nrunbook_base_url: "{base}"\n' if base else "")
    assert main(["rules", "init", "--config-dir", str(config), "--rules-dir", str(tmp_path / "rules")]) == 0
    written = yaml.safe_load((tmp_path / "rules" / "parameters.yml").read_text(encoding="utf-8"))["values"]
    assert written["runbook_base_url"] == (base or "https://wiki.example.com/runbooks")
    assert ("write your runbook_base_url" in capsys.readouterr().out) is not bool(base)
    shipped = (CONFIG.parent / "rules" / "parameters.yml").read_text(encoding="utf-8")
    assert written.keys() == yaml.safe_load(shipped)["values"].keys()
