"""A Jira issue as text, and about as Jira shows it.

Source: developer.atlassian.com/cloud/jira/platform/apis/document.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from local.standins import peer
from tools.drawings import Drawing
from tools.drawings.page import page, plain, rows

_NAME = __name__.rpartition(".")[2]
_STYLE = (
    "body{font:14px/1.43 Roboto,Helvetica,Arial,sans-serif;color:#172b4d;background:#fff}h1{font-size:20px;margin:4px "
    "0 10px}.k{color:#5e6c84;font-size:12px}pre{background:#f4f5f7;border-radius:3px;font:12px/1.5 Menlo,monospace;"
    "padding:10px;white-space:pre-wrap}td{padding:1px 14px 1px 0;vertical-align:top;font-size:13px}td:first-child{"
    "color:#5e6c84}a{color:#0052cc}"
)


def _page(message: Mapping[str, Any]) -> str:
    fields = message["fields"]
    about = {"Type": fields["issuetype"]["name"], "Priority": fields.get("priority", {}).get("name", "")}
    return page(
        _STYLE,
        f"<div class=k>{plain(fields['project']['key'])} / {plain(fields['project']['key'])}-1</div>"
        f"<h1>{plain(fields['summary'])}</h1>{rows({**about, 'Labels': ', '.join(fields['labels'])})}"
        f"{_block(fields['description'])}",
    )


def _block(node: Any) -> str:
    """Returns a node of a document as HTML; wiki markup as it stands."""
    if isinstance(node, str):
        return f"<pre>{html.escape(node)}</pre>"
    inner = "".join(map(_block, node.get("content", ())))
    match node["type"]:
        case "text":
            href = next((one["attrs"]["href"] for one in node.get("marks", ()) if one["type"] == "link"), "")
            words = html.escape(node["text"])
            return f'<a href="{html.escape(href)}">{words}</a>' if href else words
        case "hardBreak":
            return "<br>"
        case "codeBlock":
            return f"<pre>{inner}</pre>"
        case "paragraph":
            return f"<p>{inner}</p>"
    return inner


DRAWING = Drawing(
    about="One issue a group, found by its label: it is updated, moved on by `resolve_transition`, or opened anew.",
    text=peer(_NAME).shown,
    page=_page,
    pictures={"jira-critical": (f"critical-everything.{_NAME}.json", 850, False)},
)
