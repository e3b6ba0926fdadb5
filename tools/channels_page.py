"""Writes what follows from the channels: the table of docs/channels.md from their descriptors, and docs/answers.md from
the answers beside their stand-ins.

`python -m tools.channels_page` writes both, the table between its marks; a test compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from alertrelay.channels import KINDS, channel, forwarders
from alertrelay.config.channel import ChannelDescriptor

from local.standins import answers

PAGE = Path(__file__).parent.parent / "docs" / "channels.md"
BEGIN = "<!-- channels: written by python -m tools.channels_page -->"
END = "<!-- channels: end -->"
ANSWERS = PAGE.with_name("answers.md")
ANSWERS_BEGIN = "<!-- answers: written by python -m tools.channels_page from local/standins/<kind>/answers.md -->\n"


def table() -> str:
    """Return the table of the channels."""
    rows = [
        "| Channel | Folder | Configuration | Key in the secret | Receipt kept | When somebody acknowledges | Sent by "
        "| The service's limits |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(channel(kind)) for kind in KINDS),
    ]
    return "\n".join(rows)


def _row(one: ChannelDescriptor) -> str:
    title = one.title.removeprefix("the ")
    sent_by = next(name for name, kinds in forwarders().items() if one.kind in kinds)
    limits = [f"{name} {limit:,}" for name, limit in one.limits.items()]
    if one.rate:
        limits.append(f"{one.rate.people} {'incidents a minute' if one.pages else 'messages, then a digest'}")
    cells = [
        title[:1].upper() + title[1:],
        f"`channels/{one.kind}/`",
        f"`{one.configs}`",
        one.key_text,
        one.receipt,
        one.acknowledged or "shown in the next message",
        f"`{sent_by}`",
        ", ".join(limits) or "none known",
    ]
    return f"| {' | '.join(cells)} |"


def page(text: str) -> str:
    """Return the page with its table written anew. Raises ValueError where a mark is missing."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{PAGE.name}: the marks {BEGIN!r} and {END!r} were expected")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def answers_page(text: str) -> str:
    """Return docs/answers.md with its tables written anew, behind the mark."""
    return text.partition(ANSWERS_BEGIN)[0] + ANSWERS_BEGIN + "\n" + answers()


def main() -> int:
    """Writes the pages."""
    ANSWERS.write_text(answers_page(ANSWERS.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
