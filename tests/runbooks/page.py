"""A runbook page, read into its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "runbooks"
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    file: str
    text: str

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks in order, without the indentation that a numbered list gives them."""
        found = [(lang, text, len(margin)) for margin, lang, text in FENCED.findall(self.text)]
        return [Block(lang, re.sub(rf"^ {{{width}}}", "", text, flags=re.MULTILINE)) for lang, text, width in found]

    @property
    def prose(self) -> str:
        return FENCED.sub("", self.text)

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0].removeprefix("# ")

    @property
    def headings(self) -> list[str]:
        return re.findall(r"^## (.+)$", self.prose, re.MULTILINE)

    def section(self, heading: str) -> str:
        """What stands below a heading, with its blocks."""
        return self.text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].strip()

    def of(self, *languages: str) -> list[str]:
        return [block.text for block in self.blocks if block.language in languages]

    def quoted(self, program: str) -> list[str]:
        """The commands that a sentence or a comment quotes in backticks."""
        return re.findall(rf"`({program} [^`]*)`", self.text)


def pages() -> list[Page]:
    """Every page of the folder; the generated index is not one."""
    found = sorted(path for path in FOLDER.glob("*.md") if path.name not in {"README.md", "index.md"})
    return [Page(path.name, path.read_text(encoding="utf-8")) for path in found]
