"""Copies the console's front-end libraries out of npm's packages, so that running it needs neither npm nor a build.

`python -m tools.console.vendor --write` after a change of a version in package.json: npm checks each package against
the sha512 of package-lock.json, and vendored.json notes the sha256 of what was copied. Without --write the copies are
compared with their hashes and with the versions of package.json; exit code 1 where something differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tools.console.node import MODULES, ROOT, install

FOLDER = ROOT / "layers/alertrelay/python/alertrelay/intake/console/page"
NOTE = ROOT / "tools/console/vendored.json"
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")


@dataclass(frozen=True, slots=True)
class Vendored:
    """A file of a package: `source` in the package, `name` in the console."""

    package: str
    source: str
    name: str


FILES = (
    Vendored("preact", "dist/preact.mjs", "preact.js"),
    Vendored("preact", "hooks/dist/hooks.mjs", "hooks.js"),
    Vendored("preact", "LICENSE", "preact.LICENSE.txt"),
    Vendored("htm", "dist/htm.module.js", "htm.js"),
    Vendored("htm", "LICENSE", "htm.LICENSE.txt"),
)


def copied(text: str, file: Vendored) -> str:
    """Returns a file as a browser takes it without a build step: a package's name in an import becomes a path, since an
    import map would be an inline script, and no source map is named that is not there."""
    if not file.name.endswith(".js"):
        return text
    return _SOURCE_MAP.sub("", text).replace('from"preact"', 'from"./preact.js"').rstrip() + "\n"


def pinned() -> Mapping[str, str]:
    """Returns the version of each package by package.json."""
    found: Mapping[str, str] = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    return found


def note(contents: Mapping[str, str]) -> str:
    """Returns vendored.json for the contents by file name."""
    versions = pinned()
    rows = {
        file.name: {
            "package": file.package,
            "version": versions[file.package],
            "source": file.source,
            "sha256": hashlib.sha256(contents[file.name].encode()).hexdigest(),
        }
        for file in FILES
    }
    return json.dumps(rows, indent=2) + "\n"


def faults() -> list[str]:
    """Returns what differs between the copies, their hashes and package.json."""
    missing = [file.name for file in FILES if not (FOLDER / file.name).is_file()]
    if missing:
        return [f"{FOLDER / name}: missing; run python -m tools.console.vendor --write" for name in missing]
    contents = {file.name: (FOLDER / file.name).read_text(encoding="utf-8") for file in FILES}
    noted = json.loads(NOTE.read_text(encoding="utf-8"))
    wanted = json.loads(note(contents))
    return [
        f"{FOLDER / name}: {noted.get(name)} is noted, {row} is there; run python -m tools.console.vendor --write"
        for name, row in wanted.items()
        if noted.get(name) != row
    ]


def write() -> None:
    """Copies the files from npm's packages, which are installed first."""
    install()
    contents = {
        file.name: copied((MODULES / file.package / file.source).read_text(encoding="utf-8"), file) for file in FILES
    }
    for name, text in contents.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    NOTE.write_text(note(contents), encoding="utf-8")


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.console.vendor", description=__doc__)
    parser.add_argument("--write", action="store_true", help="copy anew, by npm")
    if parser.parse_args().write:
        write()
    found = faults()
    print("\n".join(found) or f"{len(FILES)} files as noted", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
