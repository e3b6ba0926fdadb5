"""Where in HTML an action stands: the contexts of Go's html/template (context.go, attr.go)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alertrelay.render.templates.escaping import URL_ATTRIBUTES

QUOTES = {"double": '"', "single": "'", "space": " \t\n\f\r>"}
"""By what the value of an attribute ends."""
SPACE = " \t\n\f\r"
_PLAIN = frozenset({"srclang", "srcdoc"})
START = {"": "attr", "script": "js", "script_type": "attr", "style": "css", "url": "url", "srcset": "srcset"}
"""The state in which the value of each sort of attribute begins."""
CONTENT = {"": "text", "script": "js", "style": "css", "textarea": "rcdata", "title": "rcdata"}
"""The state in which the inside of each element begins."""


class HtmlProblem(Exception):
    """Actions that have no one meaning in HTML. `line` is the template's, 0 where it is not known."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.text, self.line = text, line


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlContext:
    """A place in HTML. `state` is text, tag, attr_name, after_name, before_value, comment, rcdata, attr, url, srcset,
    css…, js…, or dead behind a break. `delim` is a key of QUOTES inside of an attribute's value. `url` is "", path,
    query or unknown; `js` says what a slash begins: regexp, division or unknown."""

    state: str = "text"
    delim: str = ""
    url: str = ""
    js: str = "regexp"
    attr: str = ""
    element: str = ""

    @property
    def is_comment(self) -> bool:
        """Returns whether it is a comment, of HTML, JavaScript or CSS: its text is dropped."""
        return self.state == "comment" or self.state.endswith("_comment")

    @property
    def nudged(self) -> HtmlContext:
        """Returns the context in which an action here stands: the beginning of a value or of a name."""
        match self.state:
            case "tag":
                return replace(self, state="attr_name")
            case "before_value":
                return replace(self, state=START[self.attr], delim="space", attr="")
            case "after_name":
                return replace(self, state="attr_name", attr="")
        return self


def sort_of(attribute: str) -> str:
    """Returns the sort of an attribute, a key of START, by its name in small letters."""
    name = attribute
    if name.startswith("data-"):
        name = name[5:]
    elif ":" in name:
        prefix, _, name = name.partition(":")
        if prefix == "xmlns":
            return "url"
    if name in URL_ATTRIBUTES:
        return "url"
    if name in ("style", "srcset"):
        return name
    if name.startswith("on"):
        return "script"
    if name not in _PLAIN and any(part in name for part in ("src", "uri", "url")):
        return "url"
    return ""


def joined(one: HtmlContext, other: HtmlContext, what: str, line: int) -> HtmlContext:
    """Returns the context behind two branches. Raises HtmlProblem where they end in different ones."""
    if one.state == "dead":
        return other
    if other.state == "dead" or one == other:
        return one
    if replace(one, url=other.url) == other:
        return replace(one, url="unknown")
    if replace(one, js=other.js) == other:
        return replace(one, js="unknown")
    if (one.nudged, other.nudged) != (one, other):
        return joined(one.nudged, other.nudged, what, line)
    raise HtmlProblem(f"the branches of {{{{{what}}}}} end in different parts of HTML", line)
