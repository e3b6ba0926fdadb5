"""Renders many texts in one call of amtool: a process for each would take most of a test's time."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
DATA = tuple(sorted((HERE / "data").glob("*.json")))
DEFAULTS = tuple(Path("/usr/share/prometheus/alertmanager") / name for name in ("default.tmpl", "email.tmpl"))
"""Upstream's own templates, where Debian's package keeps them. amtool 0.25 loads none by itself."""
_MARK = "\x02"


def texts(name: str) -> dict[str, str]:
    """Returns the texts of a file by their titles: each begins behind a line `==== title`."""
    parts = ("\n" + (HERE / name).read_text(encoding="utf-8")).split("\n==== ")[1:]
    return {title: body for title, _, body in (part.partition("\n") for part in parts)}


def rendered(sources: Iterable[str], data: Path, kind: str = "text") -> list[str]:
    """Returns what amtool makes of each text. Raises AssertionError with its words where one fails."""
    globs = [f"--template.glob={path}" for path in DEFAULTS]
    joined = _MARK.join(sources)
    command = ["amtool", "template", "render", *globs, f"--template.data={data}", f"--template.type={kind}"]
    done = subprocess.run([*command, f"--template.text={joined}"], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "surrogateescape").split(_MARK)
