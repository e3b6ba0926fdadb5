"""Shows every message as its channel shows it: docs/messages.md from the golden files, and pictures of some.

`python -m tools.messages` writes the page, `--pictures` also the pictures (needs chromium).
"""

from __future__ import annotations

import argparse
import html
import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alertrelay.channels import KINDS, channel
from alertrelay.channels.slack import chart

from local.standins import peer
from tools import chart_pictures
from tools.drawings import Drawing

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "render" / "golden"
PAGE = ROOT / "docs" / "messages.md"
IMAGES = ROOT / "docs" / "images"

CASES: Mapping[str, str] = {
    "critical-everything": "A critical alarm with everything",
    "warning-name-only": "An alarm of which nothing is known but its name",
    "fallback": "A fallback: PagerDuty did not take the page",
    "reached-again": "The first channel answers again",
    "group-of-four": "A group, with a new alert and a resolved one",
    "some-ended": "A part of a group has resolved",
    "resolved": "Everything has resolved",
    "composite": "A composite alarm",
    "error-budget": "An error budget that burns",
    "charted": "A warning with the chart of its metric",
    "anomaly": "An alarm on the band of CloudWatch's own anomaly detection",
    "anomaly-scored": "An anomaly that the scorer found",
    "event": "An event, which never resolves",
    "raw-text": "Text that nobody could parse",
    "without-state": "The state table did not answer",
    "group-of-10000": "Ten thousand alerts in one group",
    "hostile": "An alarm that tries to break the message",
}
FOLDED = 700
"""Characters of a section before "See more": docs.slack.dev names no number, this is what its clients do about."""
WHOLE = ("critical-everything", "fallback", "resolved")
"""Cases that are also shown as PagerDuty's fields and as the mail's text."""
CHARTED = "chart "
"""Before the name of a golden file: as it is sent with its chart, by a bot or in a mail."""
PICTURES: Mapping[str, tuple[str, int, bool]] = {
    "slack-critical": ("critical-everything.slack.json", 710, False),
    "slack-fallback": ("fallback.slack.json", 780, False),
    "slack-group": ("group-of-four.slack.json", 480, False),
    "slack-error-budget": ("error-budget.slack.json", 620, False),
    "slack-charted": ("charted.slack.json", 520, False),
    "slack-charted-bot": (f"{CHARTED}charted.slack.json", 760, False),
    "email-charted": (f"{CHARTED}charted.email.html", 900, False),
    "slack-resolved": ("resolved.slack.json", 560, False),
    "email-critical": ("critical-everything.email.html", 870, False),
    "email-fallback-dark": ("fallback.email.html", 1010, True),
}
"""Picture: the golden file, the height in pixels, whether in a dark mode. A drawing adds its own."""
HEAD = """# The messages

Written by `python -m tools.messages` from the golden files in tests/render/golden/; a test compares the two. To change
a message: change `alertrelay.channels.<kind>.render`, write the golden files anew
(`UPDATE_GOLDEN=1 .venv/bin/pytest tests/render/test_render_golden.py`), read the difference, then write this page anew.

What holds for all of them:

- State, name, place and counts come first, so that they outlive any cut.
- What is missing is said to be missing, with its mend.
- A message that stands in for another says so at the top, and why.
- Long texts are cut at a character with an ellipsis; what is not shown is counted.
- An alert's text can neither mention anybody nor break the message.
- Times are UTC; Slack shows the reader's own zone and counts "4 min ago" on, a mail has the zone of `delivery.yml`.
- With `charts: true` in `delivery.yml` a Slack message and a mail chart the metric of their alarm over the last three
  hours, with the threshold at its height in the same scale: [configuration.md](configuration.md#charts).
- What repeats has a command to copy that silences it for two hours.
- A webhook gets Alertmanager's version 4; what says that it is a fallback is the annotation `alertrelay_notice`.

| Slack | E-mail |
|---|---|
| ![A critical alarm in Slack](images/slack-critical.png) | ![A critical alarm as e-mail](images/email-critical.png) |
| ![A fallback in Slack](images/slack-fallback.png) | ![A fallback as e-mail, dark](images/email-fallback-dark.png) |
| ![A group in Slack](images/slack-group.png) | ![Resolved in Slack](images/slack-resolved.png) |
| ![An error budget in Slack](images/slack-error-budget.png) | ![A chart in Slack](images/slack-charted.png) |
| ![A chart by a Slack bot](images/slack-charted-bot.png) | ![A chart as e-mail](images/email-charted.png) |
"""


_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_ITALIC = re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])")


def page() -> str:
    """docs/messages.md, from the golden files."""
    parts = [HEAD]
    for case, title in CASES.items():
        parts.append(f"## {title}\n\nSlack:\n\n{_fenced(slack_text(_read(f'{case}.slack.json')))}")
        parts.append(f"Text message:\n\n{_fenced((GOLDEN / f'{case}.phone.txt').read_text(encoding='utf-8'))}")
        event = _read(f"{case}.pagerduty.json")
        if case in WHOLE:
            parts.append(f"PagerDuty:\n\n{_fenced(pagerduty_text(event))}")
            parts.append(f"E-mail:\n\n{_fenced((GOLDEN / f'{case}.email.txt').read_text(encoding='utf-8'))}")
        else:
            subject = (GOLDEN / f"{case}.email.txt").read_text(encoding="utf-8").splitlines()[0]
            parts.append(f"Summary for PagerDuty, and subject of the e-mail:\n\n{_fenced(_summary(event) + subject)}")
    parts += [part for kind, drawing in drawings().items() for part in _section(kind, drawing)]
    return "\n".join([*parts, *(_stated(kind, way) for kind in KINDS for way in peer(kind).ways if _is_read(kind))])


def drawings() -> dict[str, Drawing]:
    """The drawings of tools/drawings, by kind of channel: each is a section at the end of the page."""
    found = (kind for kind in KINDS if importlib.util.find_spec(f"tools.drawings.{kind}"))
    return {kind: importlib.import_module(f"tools.drawings.{kind}").DRAWING for kind in found}


def pictures() -> dict[str, tuple[str, int, bool]]:
    """Every picture of the page."""
    return {**PICTURES, **{name: shown for drawing in drawings().values() for name, shown in drawing.pictures.items()}}


def _section(kind: str, drawing: Drawing) -> Iterator[str]:
    title = channel(kind).title
    shown = "\n\n".join(f"![{title}: {name}](images/{name}.png)" for name in drawing.pictures)
    yield f"## In {title}\n\n{drawing.about}\n\n{shown}\n"
    for case in WHOLE:
        yield f"{CASES[case]}:\n\n{_fenced(drawing.text(_read(f'{case}.{kind}.json')))}"


def _is_read(kind: str) -> bool:
    """Returns whether its message is a text of its own, which no drawing shows."""
    return kind not in drawings() and peer(kind).for_people


def _stated(kind: str, way: str) -> str:
    """The text of a critical alarm, as a person reads it there."""
    case = WHOLE[0]
    text = peer(kind).shown(_read(f"{case}.{way}.json"))
    return f"## In {channel(kind).title}\n\n{CASES[case]}:\n\n{_fenced(text)}"


def _read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    return read


def _fenced(text: str) -> str:
    return f"~~~text\n{text.rstrip()}\n~~~\n"


def _summary(event: Mapping[str, Any]) -> str:
    return f"{event['payload']['summary']}\n"


def pagerduty_text(event: Mapping[str, Any]) -> str:
    """Returns an event's fields, a line each."""
    if event["event_action"] == "resolve":
        return f"resolve, dedup_key {event['dedup_key']}"
    payload = event["payload"]
    lines = [payload["summary"], f"{payload['severity']} on {payload['source']}, {payload['timestamp']}"]
    lines += [f"{name}: {text}" for name, text in payload["custom_details"].items() if isinstance(text, str)]
    return "\n".join([*lines, *(f"[{link['text']}]({link['href']})" for link in event["links"])])


def slack_text(message: Mapping[str, Any]) -> str:
    """Returns a Slack message as text: the line that a phone's notification shows too, and the blocks below it."""
    first, *blocks = message["blocks"]
    lines = [_plain(text) for text in _texts(first)]
    for block in blocks:
        texts = [_plain(text) for text in _texts(block)] or ["-" * 20]
        rows = [text.replace("\n", ": ", 1) for text in texts] if "fields" in block else texts
        lines += [line for row in rows for line in row.splitlines()]
    return "\n".join(lines)


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    if "text" in block:
        yield block["text"]["text"]
    for part in (*block.get("fields", ()), *block.get("elements", ())):
        yield part["text"]


def _plain(mrkdwn: str) -> str:
    linked = re.sub(r"<!date[^|]*\|([^>]*)>", r"\1", mrkdwn)
    linked = re.sub(r"<(https?:[^|>]*)\|([^>]*)>", r"[\2]", linked)
    return html.unescape(_ITALIC.sub(r"\1", _BOLD.sub(r"\1", linked)))


def slack_page(message: Mapping[str, Any]) -> str:
    """Returns a page that looks about as Slack does: enough to judge a message by. Slack folds an attachment, and a
    section of a long text without `expand`."""
    blocks = "".join(map(_slack_block, message["blocks"]))
    blocks += '<div class="b m">Show more</div>' if message.get("attachments") else ""
    return (
        '<!doctype html><meta charset="utf-8"><style>body{font:15px/1.46 Lato,Helvetica,Arial,sans-serif;color:#1d1c1d;'
        "margin:14px;width:640px}a{color:#1264a3;text-decoration:none}.f{display:grid;grid-template-columns:1fr 1fr;"
        "gap:6px 16px}.b{margin:0 0 8px}.c{font-size:12px;color:#616061}.m{color:#1264a3}pre{background:#f8f8f8;"
        "border:1px solid #ddd;border-radius:4px;padding:8px;margin:4px 0;white-space:pre-wrap;font-size:12px}</style>"
        f"<b>alertrelay</b> <span class=c>APP 03:08</span>{blocks}"
    )


def _slack_block(block: Mapping[str, Any]) -> str:
    if block["type"] == chart.BLOCK:
        return chart_pictures.drawn(block)
    texts = list(_texts(block))
    folds = block["type"] == "section" and not block.get("expand") and any(len(text) > FOLDED for text in texts)
    shown = "".join(f"<div>{_slack_html(text[:FOLDED] if folds else text)}</div>" for text in texts)
    kind = "f" if "fields" in block else "c" if block["type"] == "context" else ""
    more = '<div class="b m">See more</div>' if folds else ""
    return f'<div class="b {kind}">{shown}</div>{more}' if shown else "<hr>"


def _slack_html(mrkdwn: str) -> str:
    """Returns mrkdwn as HTML. A time ago is shown as a reader sees it who looks at once."""
    shown = re.sub(r"<!date[^|]*\|([^>]*)>", r"\1", mrkdwn)
    shown = re.sub(r"<(https?:[^|>]*)\|([^>]*)>", r'<a href="\1">\2</a>', shown)
    head, *code = shown.split("```")
    shown = _ITALIC.sub(r"<i>\1</i>", _BOLD.sub(r"<b>\1</b>", head)).rstrip("\n")
    return (shown + "".join(f"<pre>{part}</pre>" for part in code[::2])).replace("\n", "<br>")


def take_pictures(chromium: str) -> None:
    """docs/images/*.png, by a headless chromium in a profile of its own."""
    IMAGES.mkdir(exist_ok=True)
    for picture, (name, height, dark) in pictures().items():
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "page.html"
            source.write_text(_page_of(name), encoding="utf-8")
            command = [chromium, *FLAGS, f"--user-data-dir={folder}/profile", f"--window-size=680,{height}"]
            command += ["--blink-settings=preferredColorScheme=0"] if dark else []
            command += [f"--screenshot={IMAGES / picture}.png", source.as_uri()]
            subprocess.run(command, check=True, capture_output=True, timeout=120)


def _page_of(name: str) -> str:
    """A golden file as its channel shows it."""
    if name.startswith(CHARTED):
        return _with_chart(name.removeprefix(CHARTED))
    if not name.endswith(".json"):
        return (GOLDEN / name).read_text(encoding="utf-8")
    drawing = drawings().get(name.split(".")[1])
    return drawing.page(_read(name)) if drawing else slack_page(_read(name))


def _with_chart(name: str) -> str:
    if name.endswith(".html"):
        return chart_pictures.mail_with_chart((GOLDEN / name).read_text(encoding="utf-8"))
    return slack_page(chart_pictures.with_chart(_read(name)))


FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def main() -> int:
    """Writes the page; 2 where pictures are asked for and there is no chromium."""
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__)
    parser.add_argument("--pictures", action="store_true", help="take the pictures of docs/images anew")
    args = parser.parse_args()
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    if args.pictures:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        if not chromium:
            print("--pictures needs a program named chromium on PATH: install it, or leave that out", file=sys.stderr)
            return 2
        take_pictures(chromium)
    return 0


if __name__ == "__main__":
    sys.exit(main())
