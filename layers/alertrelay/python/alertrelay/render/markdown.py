"""The markup of chats that read Markdown: any text is shown as it came, also where it looks like markup.

Sources: CommonMark 0.31, 2.4 (a backslash before ASCII punctuation) and 5.2 (list items); what each chat leaves out of
it stands with its renderer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from alertrelay.render.chat import Markup, unmentioned
from alertrelay.render.text import width

_URL = re.compile(r"https?://[A-Za-z0-9_.~:/?#@!$&'*+,;=%-]*[A-Za-z0-9_/=]")
"""An address within a text, of which a chat makes a link by itself: an escape in it would lead elsewhere."""
_ITEM = re.compile(r"(?m)^( *)([0-9]{1,9})([.)])(?=\s|$)")
"""A numbered step would become a list, which starts to count anew behind a line of another kind."""
_LEADER = re.compile(r"(?m)^( *)([-+#>=])")
_INDENT = re.compile(r"(?m)^ +")
_FENCE = "\u02cb"


def escape(text: str, escapes: Mapping[str, str]) -> str:
    """Return a text whose characters outside of addresses are replaced, whose lines begin neither a list, a heading nor
    a quotation nor code by their indent, and which mentions nobody."""
    shown, end = "", 0
    for found in _URL.finditer(text):
        shown += _replaced(text[end : found.start()], escapes) + found[0]
        end = found.end()
    shown += _replaced(text[end:], escapes)
    lines = _ITEM.sub(r"\1\2\\\3", _LEADER.sub(r"\1\\\2", shown))
    return _INDENT.sub(lambda found: "\u00a0" * len(found[0]), lines)


def _replaced(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in unmentioned(text))


def markup(
    escapes: Mapping[str, str],
    *,
    bold: str = "**",
    line: str = "\n",
    size: Callable[[str], int] = width,
    in_block: str = "<",
) -> Markup:
    """Return the markup of a chat with these escapes; `line` ends a line of a text too. `in_block` is what stands for a
    `<` within a block of code, where a chat reads it even there."""
    escaped = partial(escape, escapes=escapes)
    return Markup(
        escape=lambda text: escaped(text).replace("\n", line),
        bold=lambda text: f"{bold}{text}{bold}",
        italic=lambda text: f"_{text}_",
        code=lambda text: f"`{text}`",
        block=lambda text: f"```\n{text.replace('`', _FENCE).replace('<', in_block)}\n```",
        link=lambda name, href: f"[{name}]({href.replace('(', '%28').replace(')', '%29')})",
        size=size,
        line=line,
        broken=frozenset("`" if in_block == "<" else "`<"),
    )
