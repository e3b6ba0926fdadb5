"""The audit step of CI, with a pip-audit that answers as the real one does (2.10)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CLEAN = {"name": "requests", "version": "2.34.2", "vulns": []}
VULNERABLE = {
    "name": "urllib3",
    "version": "1.26.0",
    "vulns": [{"id": "PYSEC-2021-108", "fix_versions": ["1.26.5"], "aliases": [], "description": ""}],
}
UNKNOWN = {"name": "tzdata", "skip_reason": "Dependency not found on PyPI and could not be audited: tzdata (2026.6)"}


def audit(tmp_path: Path, answer: Any, *, code: int) -> subprocess.CompletedProcess[str]:
    """Run the step with a stand-in that writes `answer` and ends with `code`; None writes nothing."""
    program = tmp_path / "pip-audit"
    content = "" if answer is None else json.dumps({"dependencies": answer, "fixes": []})
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"content = {content!r}\n"
        "if content:\n    open(sys.argv[sys.argv.index('--output') + 1], 'w').write(content)\n"
        f"sys.exit({code})\n"
    )
    program.chmod(0o755)
    command = [sys.executable, str(ROOT / ".ci" / "audit.py"), str(program), "requirements/layer.txt"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_known_vulnerability_fails_and_names_the_release_that_mends_it(tmp_path: Path) -> None:
    done = audit(tmp_path, [CLEAN, VULNERABLE], code=1)
    assert done.returncode == 1
    assert "layer.txt: urllib3 1.26.0: PYSEC-2021-108, mended in 1.26.5" in done.stdout


def test_a_clean_audit_passes(tmp_path: Path) -> None:
    done = audit(tmp_path, [CLEAN], code=0)
    assert (done.returncode, done.stdout) == (0, "audit: layer.txt: 1 packages audited, 0 vulnerabilities known\n")


@pytest.mark.parametrize("code", [0, 1])
def test_a_service_that_does_not_answer_is_reported_and_does_not_fail(tmp_path: Path, code: int) -> None:
    done = audit(tmp_path, None, code=code)
    assert done.returncode == 0
    assert "layer.txt: NOT AUDITED, the vulnerability service did not answer" in done.stdout


def test_packages_that_the_service_does_not_know_are_counted_and_not_taken_for_clean(tmp_path: Path) -> None:
    done = audit(tmp_path, [CLEAN, UNKNOWN], code=0)
    assert done.returncode == 0
    assert "NOT AUDITED, 1 of 2" in done.stdout
    assert "1 packages audited" in done.stdout


def test_one_vulnerable_file_among_several_fails(tmp_path: Path) -> None:
    done = audit(tmp_path, [UNKNOWN, VULNERABLE], code=1)
    assert done.returncode == 1


def test_workflow_actions_are_pinned_by_commit() -> None:
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        uses = [line.split("uses:")[1].strip() for line in workflow.read_text().splitlines() if "uses:" in line]
        assert uses
        for action in uses:
            name, _, commit = action.split()[0].partition("@")
            assert len(commit) == 40, f"{workflow.name}: {name} is not pinned by a commit"
            assert int(commit, 16)
            assert action.split()[1:2] == ["#"], f"{workflow.name}: {name}: the tag belongs behind the commit"
