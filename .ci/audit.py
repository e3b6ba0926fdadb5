"""Looks for known vulnerabilities in the hashed requirements: audit.py PIP_AUDIT REQUIREMENTS…

Exit code 1 where one is known. Where the vulnerability service cannot be reached, or does not know a package, it says
so and goes on: a build must not depend on a service that the package index does not need.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SECONDS = 240


def main(pip_audit: str, files: list[str]) -> int:
    """Audit each file; 1 where a vulnerability is known, else 0."""
    return max([_audit(pip_audit, Path(file)) for file in files], default=0)


def _audit(pip_audit: str, file: Path) -> int:
    found = _ask(pip_audit, file)
    if found is None:
        print(f"audit: {file.name}: NOT AUDITED, the vulnerability service did not answer", flush=True)
        return 0
    vulnerable = [(package, fault) for package in found for fault in package.get("vulns", ())]
    for package, fault in vulnerable:
        mend = ", ".join(fault.get("fix_versions", ())) or "no release yet"
        print(
            f"audit: {file.name}: {package['name']} {package['version']}: {fault['id']}, mended in {mend}", flush=True
        )
    skipped = [package["name"] for package in found if "skip_reason" in package]
    if skipped:
        print(
            f"audit: {file.name}: NOT AUDITED, {len(skipped)} of {len(found)}: the service does not know them",
            flush=True,
        )
    print(f"audit: {file.name}: {len(found) - len(skipped)} packages audited, {len(vulnerable)} vulnerabilities known")
    return 1 if vulnerable else 0


def _ask(pip_audit: str, file: Path) -> list[dict[str, Any]] | None:
    """Return what it found of each package, None where it has no answer. It ends with 1 for a vulnerability and for a
    fault of its own alike: only its output distinguishes them."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "audit.json"
        pinned = ["--requirement", str(file), "--require-hashes", "--disable-pip"]
        command = [pip_audit, *pinned, "--progress-spinner", "off", "--format", "json", "--output", str(answer)]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
            found: list[dict[str, Any]] = json.loads(answer.read_text(encoding="utf-8"))["dependencies"]
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
            return None
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
