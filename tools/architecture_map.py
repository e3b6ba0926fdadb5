"""Writes the list of modules in docs/architecture.md, and checks every path that the page names.

python -m tools.architecture_map --check | --write

A line of the list is the first sentence of a module's docstring. A path on the page starts at the root of the
repository, or where it is imported from (`alertrelay/…`); a word that ends in .py is one, and in backticks what has a
slash or the suffix of a file. A dotted name in backticks that starts with a top-level package names a module.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/architecture.md"
BEGIN = "<!-- modules: written by `python -m tools.architecture_map --write` -->"
END = "<!-- end of modules -->"
NOT_OURS = {"tests", "layers", "node_modules"}

_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
_SUFFIXES = (".py", ".toml", ".md", ".yml", ".json", ".txt", ".in", ".tsv")
_BARE = re.compile(r"[\w./-]+\.py\b")
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s")


def import_roots(root: Path) -> list[Path]:
    """Return the folders that a path on the page may start from: the repository, then its layers."""
    return [root, *sorted(root.glob("layers/*/python"))]


def code_folders(root: Path) -> list[Path]:
    """Return the packages of the layers, then the top-level folders with Python in them, save tests."""
    _, *layers = import_roots(root)
    top = [folder for folder in sorted(root.iterdir()) if folder.name.isidentifier() and folder.name not in NOT_OURS]
    found = [*(folder for layer in layers for folder in sorted(layer.iterdir())), *top]
    environment = "pyvenv.cfg"
    return [each for each in found if not (each / environment).exists() and next(each.rglob("*.py"), None)]


def modules(root: Path) -> dict[str, dict[str, Path]]:
    """Return the files by folder of code and by their path on the page. A package without a statement is left out."""
    found = {"The root": {file.name: file for file in sorted(root.glob("*.py"))}}
    for folder in code_folders(root):
        files = sorted(folder.rglob("*.py"), key=lambda path: path.with_suffix("").parts)
        found[f"`{folder.name}/`"] = {
            file.relative_to(folder.parent).as_posix().removesuffix("__init__.py"): file
            for file in files
            if file.name != "__init__.py" or file.read_bytes().strip()
        }
    return found


def first_sentence(file: Path) -> str | None:
    """Return the first sentence of a module's docstring on one line, without its full stop, if there is one."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not text:
        return None
    return _END_OF_SENTENCE.split(" ".join(text.split("\n\n")[0].split()), maxsplit=1)[0].rstrip(".:")


def listing(root: Path) -> str:
    """Return the list of all modules, as it stands between the markers."""
    lines = [BEGIN]
    for folder, files in modules(root).items():
        lines += ["", f"### {folder}", "", "| Module | What it holds |", "|---|---|"]
        for path, file in files.items():
            sentence = (first_sentence(file) or "").replace("|", r"\|")
            lines.append(f"| `{path}` | {sentence} |")
    return "\n".join([*lines, "", END])


def split(page: str) -> tuple[str, str, str]:
    """Return what stands before the list, the list with its markers, and what stands behind it. Raises ValueError."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(END) < page.index(BEGIN):
        raise ValueError(f"{PAGE}: the lines {BEGIN} and {END} were expected, each once and in this order")
    begin, end = page.index(BEGIN), page.index(END) + len(END)
    return page[:begin], page[begin:end], page[end:]


def exists(root: Path, path: str) -> bool:
    """Judge whether a path is there, for one that ends in a slash as a folder that holds a file."""
    for each in import_roots(root):
        place = each / path
        if place.is_file() and not path.endswith("/"):
            return True
        if place.is_dir() and any(f.is_file() and f.parent.name != "__pycache__" for f in place.rglob("*")):
            return True
    return False


def names(root: Path, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each path and each module that the page names: its line, how it is written, and the path that it means."""
    packages = {folder.name for folder in code_folders(root)}
    plain = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    for number, line in enumerate(plain.splitlines(), start=1):
        for span in _SPAN.findall(line):
            if _PATH.fullmatch(span) and ("/" in span or span.endswith(_SUFFIXES)):
                yield number, span, span
            elif re.fullmatch(r"\w+(\.\w+)+", span) and span.split(".")[0] in packages:
                yield number, span, span.replace(".", "/")
        for word in _BARE.findall(_SPAN.sub(" ", line)):
            yield number, word, word


def faults(root: Path) -> list[str]:
    """Return what is wrong with the page, each with its place and its mend. Raises ValueError as split does."""
    found = [
        f"{file.relative_to(root).as_posix()}: a docstring was expected; its first sentence stands in {PAGE}"
        for files in modules(root).values()
        for file in files.values()
        if first_sentence(file) is None
    ]
    page = (root / PAGE).read_text(encoding="utf-8")
    _, written, _ = split(page)
    current = listing(root)
    if written != current:
        lines = {*written.splitlines()} ^ {*current.splitlines()}
        changed = sorted({line.split("`")[1] for line in lines if line.startswith("| `")})
        found.append(
            f"{PAGE}: the list of modules is not current; run python -m tools.architecture_map --write "
            f"(differs: {', '.join(changed[:5])}{', …' if len(changed) > 5 else ''})"
        )
    for number, span, path in names(root, page):
        if not (exists(root, path) or (span != path and exists(root, f"{path}.py"))):
            found.append(f"{PAGE}:{number}: {span} is not there; name it from the root, or as it is imported")
    return found


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.architecture_map", description=__doc__.split("\n\n")[0])
    does = parser.add_mutually_exclusive_group(required=True)
    does.add_argument("--check", action="store_true", help="print what is wrong with the page; exit 1 if anything is")
    does.add_argument("--write", action="store_true", help="write the list of modules anew, then check")
    write = parser.parse_args(arguments).write
    page = root / PAGE
    try:
        before, _, behind = split(page.read_text(encoding="utf-8"))
    except ValueError as fault:
        print(fault, file=sys.stderr)
        return 1
    if write:
        page.write_text(before + listing(root) + behind, encoding="utf-8")
    found = faults(root)
    for each in found:
        print(each, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
