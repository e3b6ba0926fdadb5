"""When the app is synthesised again, and when not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra import synth
from infra.synth import SynthFailed, kept_assembly, main, synthesise


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose app counts its runs in a file beside it."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "alertmanager.yml").write_text("route: {}\n")
    (tmp_path / "app.py").write_text(
        "import os, pathlib\n"
        "out = pathlib.Path(os.environ['CDK_OUTDIR'])\n"
        "out.mkdir()\n"
        "(out / 'environments').write_text(os.environ['ALERTRELAY_ENVIRONMENTS'])\n"
        "(out / 'config').write_text(os.environ['ALERTRELAY_CONFIG_DIR'])\n"
        "with open('runs', 'a') as runs: runs.write('x')\n"
    )
    monkeypatch.delenv("ALERTRELAY_CONFIG_DIR")
    monkeypatch.setattr(synth, "ROOT", tmp_path)
    monkeypatch.setattr(synth, "BUILD", tmp_path / ".build")
    return tmp_path


def runs(project: Path) -> int:
    return len((project / "runs").read_text())


def test_an_unchanged_tree_is_not_synthesised_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert synthesise(project / "out") == project / "out"
    assert "synth: every environment" in capsys.readouterr().err
    synthesise(project / "out")
    assert runs(project) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("change", ["config/alertmanager.yml", "config/environments.yml", "lambdas/new.py", "app.py"])
def test_a_changed_or_a_new_input_is(project: Path, change: str) -> None:
    synthesise(project / "out")
    path = project / change
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "# changed\n")
    synthesise(project / "out")
    assert runs(project) == 2


def test_an_input_that_is_gone_is_a_change(project: Path) -> None:
    synthesise(project / "out")
    (project / "config" / "alertmanager.yml").unlink()
    synthesise(project / "out")
    assert runs(project) == 2


def test_caches_of_python_are_no_input(project: Path) -> None:
    synthesise(project / "out")
    (project / "config" / "__pycache__").mkdir()
    (project / "config" / "__pycache__" / "x.pyc").touch()
    synthesise(project / "out")
    assert runs(project) == 1


def test_another_choice_of_environments_is_another_assembly(project: Path) -> None:
    synthesise(project / "out", environment="dev")
    assert (project / "out" / "environments").read_text() == "dev"
    synthesise(project / "out")
    assert (project / "out" / "environments").read_text() == ""
    assert runs(project) == 2


def test_another_configuration_is_another_assembly_and_its_changes_count(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = project / "our alerts"
    (own / "environments").mkdir(parents=True)
    (own / "environments" / "prod.yml").write_text("retain: true\n")
    synthesise(project / "out")
    assert (project / "out" / "config").read_text() == str(project / "config")
    monkeypatch.chdir(project)
    synthesise(project / "out", config=Path("our alerts"))
    assert (project / "out" / "config").read_text() == str(own)
    monkeypatch.setenv("ALERTRELAY_CONFIG_DIR", "our alerts")
    synthesise(project / "out")
    assert runs(project) == 2
    (own / "environments" / "prod.yml").write_text("retain: false\n")
    (own / "cdk.out").mkdir()
    synthesise(project / "out")
    assert runs(project) == 3
    assert main(["--config-dir", "app.py"]) == 1


def test_a_kept_assembly_stays_while_another_configuration_is_synthesised(project: Path) -> None:
    kept = project / ".build" / "kept"
    first = kept_assembly(kept, environment="prod")
    (project / "config" / "alertmanager.yml").write_text("route: {receiver: other}\n")
    second = kept_assembly(kept, environment="prod")
    assert first != second
    assert first.is_dir()
    assert second.is_dir()
    assert kept_assembly(kept, environment="prod") == second
    assert runs(project) == 2


def test_a_kept_assembly_of_yesterday_is_removed_unless_it_is_the_one_in_use(project: Path) -> None:
    kept = project / ".build" / "kept"
    first = kept_assembly(kept, environment="dev")
    os.utime(first / synth.STAMP, (0, 0))
    assert kept_assembly(kept, environment="dev") == first
    assert first.is_dir()
    os.utime(first / synth.STAMP, (0, 0))
    second = kept_assembly(kept, environment="prod")
    assert list(kept.iterdir()) == [second]


def test_a_kept_assembly_shows_what_the_app_prints_only_where_it_fails(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    app = (project / "app.py").read_text() + "import sys; print('$8.92'); print('no runbook', file=sys.stderr)\n"
    (project / "app.py").write_text(app)
    kept_assembly(project / "kept", environment="prod")
    waits = "synth: prod, about ten seconds (the first time here: thirty) …\n"
    assert capfd.readouterr() == ("", waits)
    (project / "app.py").write_text(app + "sys.exit(1)\n")
    with pytest.raises(SynthFailed, match="the reason stands above"):
        kept_assembly(project / "kept", environment="prod")
    assert sorted(capfd.readouterr().err.splitlines()) == ["$8.92", "no runbook", waits.rstrip()]
    (project / "app.py").write_text(app)
    synthesise(project / "out")
    assert "$8.92" in capfd.readouterr().err


def test_a_failure_leaves_the_assembly_that_was_there(project: Path) -> None:
    synthesise(project / "out")
    (project / "app.py").write_text("raise SystemExit(1)\n")
    with pytest.raises(SynthFailed, match=r"app\.py ended with 1"):
        synthesise(project / "out")
    assert (project / "out" / "environments").exists()
    assert main([str(project / "out")]) == 1


def test_the_command_prints_the_folder_alone_on_stdout(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(project / "deep" / "out"), "--environment", "dev"]) == 0
    assert capsys.readouterr().out == f"{project / 'deep' / 'out'}\n"


def test_importing_it_does_not_import_the_cdk() -> None:
    program = "import sys, infra.synth; sys.exit('aws_cdk' in sys.modules or 'jsii' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
