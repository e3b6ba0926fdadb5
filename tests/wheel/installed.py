"""A wheel of this checkout in a fresh environment, without network: its dependencies are links into our own.

Only what the wheel's metadata names is linked, so that a dependency which is missing there is missing in the test.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath

import uv
from packaging.requirements import Requirement


def build_wheel(root: Path, folder: Path) -> Path:
    """Build the wheel of a source tree with this environment's hatchling."""
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=root)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, environment: Path, extra: str) -> Path:
    """Install the wheel and what `extra` needs into a new environment; return its Python."""
    find = uv.find_uv_bin()
    run([find, "venv", "--quiet", "--python", sys.executable, str(environment)])
    python = environment / "bin" / "python"
    run([find, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), str(wheel)])
    site = site_packages(environment)
    for found in closure(Requirement(f"alertrelay[{extra}]")):
        link(found, site, environment / "bin")
    return python


def site_packages(environment: Path) -> Path:
    """Return where the environment's packages are."""
    (site,) = (environment / "lib").glob("python*/site-packages")
    return site


def closure(wanted: Requirement) -> Iterator[Distribution]:
    """Yield every distribution that a requirement on ours needs, itself left out."""
    seen: set[tuple[str, str]] = set()
    waiting = [(wanted, extra) for extra in ("", *sorted(wanted.extras))]
    while waiting:
        requirement, extra = waiting.pop()
        name = re.sub("[-_.]+", "-", requirement.name).lower()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found = distribution(name)
        if name != "alertrelay" and not extra:
            yield found
        for text in found.requires or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                waiting += [(needed, each) for each in ("", *sorted(needed.extras))]


def link(found: Distribution, site: Path, scripts: Path) -> None:
    """Link a distribution's packages, modules and scripts."""
    for file in found.files or ():
        where = Path(str(found.locate_file(file))).resolve()
        if file.parts[:3] == ("..", "..", ".."):
            target, source = scripts / where.name, where
        else:
            top = PurePosixPath(file).parts[0]
            target, source = site / top, Path(str(found.locate_file(top))).resolve()
        if not target.exists() and target.name != "__pycache__":
            target.symlink_to(source)


def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed; its stderr is the failure's text."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done  # type: ignore[no-any-return]
