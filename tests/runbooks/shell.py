"""As much of the shell's grammar as the runbooks use: which commands are run, which variables are set and used."""

from __future__ import annotations

import re

COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)
SET = re.compile(r"\b(?:for\s+([A-Za-z_]\w*)\s+in\b|read\s+(?:-\w+\s+)*((?:[A-Za-z_]\w*[ \t]*)+)|([A-Za-z_]\w*)\+?=)")
USED = re.compile(r"\$\{?([A-Za-z_]\w*)")
ENDS = "\n;|&<>)"


def uncommented(text: str) -> str:
    return COMMENT.sub(r"\1", text)


def commands(text: str, program: str) -> list[list[str]]:
    """The words of each call of a program, those inside `$(…)` too: without quotes, expansions as they are written."""
    text = uncommented(text)
    return [words(text, found.end()) for found in re.finditer(rf"(?<![\w/.-]){program}(?=\s)", text)]


def words(text: str, at: int) -> list[str]:
    """The words from there to the end of the simple command."""
    found: list[str] = []
    while at < len(text) and text[at] not in ENDS:
        if text[at] in " \t" or text.startswith("\\\n", at):
            at += 2 if text[at] == "\\" else 1
            continue
        end = _word(text, at)
        found.append(_bare(text[at:end]))
        at = end
    return found


def _word(text: str, at: int) -> int:
    while at < len(text) and text[at] not in " \t" + ENDS and not text.startswith("\\\n", at):
        at = _piece(text, at)
    return at


def _piece(text: str, at: int) -> int:
    """Behind the next character, or the whole of a quotation or of a substitution."""
    if text.startswith("$(", at):
        return _until(text, at + 2, ")")
    if text[at] == "\\":
        return at + 2
    if text[at] == "'":
        return text.index("'", at + 1) + 1
    return _until(text, at + 1, '"') if text[at] == '"' else at + 1


def _until(text: str, at: int, closing: str) -> int:
    while text[at] != closing:
        at = at + 1 if closing == '"' and text[at] == "'" else _piece(text, at)
    return at + 1


def _bare(word: str) -> str:
    """A word without its quotes; a quotation inside `$(…)` keeps its own."""
    out, at = "", 0
    while at < len(word):
        end = _piece(word, at)
        piece = word[at:end]
        out += piece[1:-1] if piece[0] in "'\"" else piece
        at = end
    return out


def unset_variables(blocks: list[str]) -> list[str]:
    """The variables that are used before any line of the page has set them."""
    known: set[str] = set()
    missing: list[str] = []
    for line in "\n".join(uncommented(block) for block in blocks).split("\n"):
        visible = _without_single_quotes(line)
        for names in SET.findall(visible):
            known.update(name for group in names for name in group.split())
        missing += [name for name in USED.findall(visible) if name not in known]
    return missing


def _without_single_quotes(line: str) -> str:
    out, double, at = "", False, 0
    while at < len(line):
        if line[at] == "'" and not double and "'" in line[at + 1 :]:
            at = line.index("'", at + 1) + 1
            continue
        double = double != (line[at] == '"')
        out += line[at]
        at += 1
    return out
