"""The wheel: one import name. The repository's folders stand under alertrelay/, with their imports of each other moved.

A checkout keeps compiler, infra, cli and local as packages of their own, so that the layer's package stays what runs in
Lambda. An installed wheel must not put such names into site-packages, so each becomes alertrelay.NAME here.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MOVED = ("cli", "compiler", "infra", "lambdas", "local")
"""Packages of the repository that become packages of alertrelay."""
DATA = (
    "layers/alertrelay/python/alertrelay",
    "requirements/layer.txt",
    "requirements/rie.txt",
    "cdk.json",
    "docs/schemas",
    "rules/parameters.yml",
    "rules/templates",
    "runbooks/prometheus",
)
"""What the layer is built from, the schemas of the editor's server, and the rules that `rules init` writes: byte for
byte, where ROOT looks for them."""
COMMAND = "alertrelay.cli.command:main"
BUILD_FILE = "build.json"
_FROM = re.compile(rb"from\s+")


class WheelHook(BuildHookInterface[Any]):
    """Adds the moved packages and the layer's sources to a wheel; an editable install is the checkout as it is."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the moved sources beside the checkout and include them. Raises ValueError for an import that cannot be
        moved, with file and line."""
        if version == "editable":
            return
        root, made = Path(self.root), Path(self.root) / ".build" / "wheel"
        shutil.rmtree(made, ignore_errors=True)
        for path, content in moved_files(root):
            target = made / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        (made / BUILD_FILE).write_text(json.dumps({"commit": commit(root)}) + "\n", encoding="utf-8")
        includes: dict[str, str] = build_data["force_include"]
        includes[str(made)] = "alertrelay"
        for name in DATA:
            includes[str(root / name)] = f"alertrelay/{name}"
        # The script of a checkout names cli.command, which a wheel does not have.
        self.metadata.core.scripts["alertrelay"] = COMMAND


def moved_files(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file of the moved packages and app.py, by its path under alertrelay/."""
    paths = [root / "app.py", *(path for name in MOVED for path in sorted((root / name).rglob("*")))]
    for path in paths:
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            where = path.relative_to(root).as_posix()
            yield where, moved(content, where) if path.suffix == ".py" else content


def moved(source: bytes, where: str) -> bytes:
    """Return Python source whose absolute imports of MOVED name them under alertrelay.

    Edits are made at the positions of the syntax tree, so that strings and comments stay. Raises ValueError for
    `import infra.x`, which binds a name that would mean another package, and for `import_module("infra.x")`.
    """
    lines, tree = source.splitlines(keepends=True), ast.parse(source)
    if number := _import_by_name(tree):
        raise ValueError(f'{where}:{number}: the wheel cannot move a string: import_module(".x", __package__)')
    for node in sorted(_imports(tree), key=lambda node: (node.lineno, node.col_offset), reverse=True):
        line = lines[node.lineno - 1]
        before, after = line[: node.col_offset], line[node.col_offset :]
        if isinstance(node, ast.ImportFrom):
            keyword = _FROM.match(after)
            assert keyword is not None  # or it were not that statement
            lines[node.lineno - 1] = before + b"from alertrelay." + after[keyword.end() :]
            continue
        (alias,) = node.names if len(node.names) == 1 else (None,)
        if alias is None or "." in alias.name:
            raise ValueError(f"{where}:{node.lineno}: the wheel cannot move this import; write `from … import …`")
        lines[node.lineno - 1] = before + b"from alertrelay " + after
    return b"".join(lines)


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        if any(name.partition(".")[0] in MOVED for name in names):
            assert isinstance(node, ast.Import | ast.ImportFrom)
            yield node


def _import_by_name(tree: ast.Module) -> int:
    """Return the line of the first import_module or import string of a moved package, 0 where there is none."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and "import_module" in ast.unparse(node.func)):
            continue
        name = node.args[0]
        start = name.values[0] if isinstance(name, ast.JoinedStr) and name.values else name
        if isinstance(start, ast.Constant) and str(start.value).partition(".")[0] in MOVED:
            return node.lineno
    return 0


def commit(root: Path) -> str:
    """Return the commit that is built, short, with a plus where files differ from it; "" outside a git checkout."""
    git = ["git", "-C", str(root)]
    if not (root / ".git").exists():  # a folder inside another project's checkout has no commit of its own
        return ""
    try:
        found = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip() + ("+" if changed.stdout.strip() else "")
