"""E-mail: a subject that threads, a text for the phone, and HTML of tables and inline style.

Mail clients drop style sheets, scripts and outside images, and dark modes invert colours: only the banner and the
notice set both their colours, everything else takes the reader's.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, tzinfo
from html import escape
from zoneinfo import ZoneInfo

from alertrelay.channels.email import CHART_ID, EmailSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, group_lines, notice, plain, wording
from alertrelay.render.facts import CHART_TITLE, Fact, FactSheet
from alertrelay.render.picture import HEIGHT, WIDTH, png
from alertrelay.render.team_texts import text as team_text
from alertrelay.render.text import cut, one_line
from alertrelay.values.charted import POINTS, points_read

_SUBJECT = 150
_BODY = re.compile(r"<body(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
# White on each of these reads well (contrast of at least 4.5).
_COLOURS = {"critical": "#b42318", "error": "#c4320a", "warning": "#a15c07", "info": "#175cd3"}
_OTHER_COLOUR = "#475467"
_RESOLVED_COLOUR = "#067647"
_OTHERS = 50
_LISTED = 20_000
"""A digest's whole list is in its mail."""
_NAMED = 1_500
"""Lines of it in the HTML: 240 KB at most."""
_TABLE = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-spacing:0'


def render(notification: Notification, settings: EmailSettings) -> Message:
    """Returns `subject`, `text` and `html`: the team's own where it set them, with our notices and our footer; and
    `chart`, a PNG in base64 that the HTML shows."""
    zone = _zone(settings.time_zone)
    found = facts.of(notification, zone)
    subject = cut(_team_subject(notification) or plain.subject(notification), _SUBJECT)
    notices = notice.sentences(notification, zone)
    own = {key: team_text(notification, key) for key in ("text", "html")}
    text = plain.framed(notification, own["text"], zone) if own["text"] else ""
    framed = _framed(notification, own["html"], notices)
    drawn = "" if framed else _drawn(notification)
    return {
        "subject": subject,
        "text": text or plain.body(notification, found, listed=_LISTED, zone=zone),
        "html": framed or _page(subject, _parts(notification, found, notices, drawn)),
        **({"chart": drawn} if drawn else {}),
    }


def _drawn(notification: Notification) -> str:
    """Returns the picture of the metric of the alert that is shown in full, "" without points."""
    points = points_read(wording.lead(notification).annotations.get(POINTS, ""))
    return base64.b64encode(png(points)).decode() if points else ""


def _team_subject(notification: Notification) -> str:
    """Returns the team's subject, behind the mark of a fallback."""
    headers = notification.texts.get("headers", {})
    words = next((one_line(str(value)) for name, value in headers.items() if name.lower() == "subject"), "")
    mark = notice.mark(notification)
    return f"[{mark}] {words}" if words and mark else words


def _parts(notification: Notification, found: FactSheet, notices: Sequence[str], drawn: str) -> list[str]:
    return [
        *map(_notice, notices),
        _banner(notification, wording.state(notification), found.what),
        _description(found.description),
        _links(found.links),
        _picture(found) if drawn else "",
        _rows(found),
        _others(notification),
        _listing(notification),
        _footer(notification),
    ]


def _footer(notification: Notification) -> str:
    return f'<p style="margin:20px 0 0;font-size:12px;opacity:0.7">{escape(plain.footer(notification))}</p>'


def _framed(notification: Notification, own: str, notices: Sequence[str]) -> str:
    """Returns the team's HTML with our notices at the beginning of its body and our footer at the end; "" for none."""
    if not own:
        return ""
    body = _BODY.search(own)
    end = own.lower().rfind("</body>")
    end = len(own) if end < 0 else end
    start = body.end() if body and body.end() <= end else 0
    hidden = wording.more(notification.not_shown)
    rest = [f"<p>{escape(hidden)}</p>"] if hidden else []
    head = "\n".join(map(_notice, notices))
    return f"{own[:start]}{head}{own[start:end]}{''.join(rest)}{_footer(notification)}{own[end:]}\n"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):  # a container without the tz database still sends its mail
        return UTC


def _page(subject: str, parts: list[str]) -> str:
    inner = "\n".join(part for part in parts if part)
    title = escape(subject)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{title}</title></head>\n"
        '<body style="margin:0;padding:0;font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;'
        'font-size:16px;line-height:1.45">\n'
        f'{_TABLE}"><tr><td align="center" style="padding:12px">\n'
        f'{_TABLE};max-width:640px"><tr><td align="left" style="overflow-wrap:anywhere">\n'
        f"{inner}\n</td></tr></table>\n</td></tr></table></body></html>\n"
    )


def _notice(text: str) -> str:
    return (
        '<div style="background-color:#fef0c7;color:#4e1d09;border:1px solid #dc6803;border-radius:6px;padding:12px;'
        f'margin:0 0 12px;font-weight:bold">{escape(text)}</div>'
    )


def _banner(notification: Notification, state: str, what: str) -> str:
    colour = _COLOURS.get(notification.severity.lower(), _OTHER_COLOUR)
    if wording.over(notification):
        colour = _RESOLVED_COLOUR
    return (
        f'<div style="background-color:{colour};color:#ffffff;border-radius:6px;padding:14px 16px">'
        f'<div style="font-size:13px;font-weight:bold;letter-spacing:0.06em">{escape(state.rstrip(":"))}</div>'
        f'<div style="font-size:19px;font-weight:bold">{escape(cut(what, 600))}</div></div>'
    )


def _description(text: str) -> str:
    return f'<p style="margin:16px 0 0;white-space:pre-wrap">{escape(cut(text, 4000))}</p>' if text else ""


def _picture(found: FactSheet) -> str:
    """Returns the picture, in words what it shows: a mail program may hide it."""
    words = next((fact.text for fact in found.measure if fact.name == CHART_TITLE), "")
    return (
        f'<p style="margin:16px 0 0"><img src="cid:{CHART_ID}" alt="{escape(words)}" width="{WIDTH}" height="{HEIGHT}"'
        ' style="max-width:100%;height:auto;border:1px solid rgba(128,128,128,0.3)"></p>'
    )


def _rows(found: FactSheet) -> str:
    rows = [found.timing, *found.measure, *found.impact, *found.where, *found.long_texts, *found.silence]
    return _table("".join(_row(fact) for fact in rows))


def _table(rows: str) -> str:
    return f'{_TABLE};margin-top:16px">{rows}</table>'


def _row(fact: Fact) -> str:
    text = escape(fact.text)
    if fact.href:
        text = _anchor(fact.href, text)
    if fact.missing:
        text = f"<em>{text}</em>"
    cell = "padding:5px 0;vertical-align:top;border-bottom:1px solid rgba(128,128,128,0.3)"
    return (
        f'<tr><td width="110" style="{cell};padding-right:12px;opacity:0.75;font-size:14px">{escape(fact.name)}</td>'
        f'<td style="{cell};white-space:pre-wrap">{text}</td></tr>'
    )


def _anchor(href: str, text: str) -> str:
    return f'<a href="{escape(href)}" style="color:#2e7cf6">{text}</a>'


def _links(found: list[Fact]) -> str:
    cells = []
    for fact in found:
        if fact.href:
            cells.append(
                f'<a href="{escape(fact.href)}" style="display:inline-block;margin:0 8px 8px 0;padding:9px 14px;'
                'border:1px solid #2e7cf6;border-radius:6px;color:#2e7cf6;text-decoration:none;font-weight:bold">'
                f"{escape(fact.name)}</a>"
            )
        else:
            shown = escape(fact.text if fact.missing else f"{fact.name}: {fact.text}")
            cells.append(f'<div style="margin:0 0 8px"><em>{shown}</em></div>')
    return f'<div style="margin-top:18px">{"".join(cells)}</div>' if cells else ""


def _others(notification: Notification) -> str:
    rest = notification.alerts[1 : _OTHERS + 1]
    hidden = wording.total(notification) - 1 - len(rest)
    if not rest and hidden <= 0:
        return ""
    differs = group_lines.differing(notification)
    lines = [f"{wording.alert_icon(a)} {escape(cut(group_lines.line(notification, a, differs), 300))}" for a in rest]
    if hidden > 0:
        lines.append(f"<em>{escape(wording.more(hidden))}</em>")
    rows = "".join(f'<tr><td style="padding:3px 0;font-size:15px">{shown}</td></tr>' for shown in lines)
    return '<p style="margin:18px 0 0;font-weight:bold">Others of this group</p>' + _table(rows)


def _listing(notification: Notification) -> str:
    """Returns all alerts of a digest by name, for the mail programs that show no text where there is HTML."""
    lines = plain.listing(notification, most=_NAMED).splitlines()
    shown = "".join(f"<div>{escape(line)}</div>" for line in lines)
    return f'<div style="margin:18px 0 0;font-size:14px">{shown}</div>' if shown else ""
