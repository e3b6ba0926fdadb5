"""Knows every key of the four kinds of files: what it means, what stands below it, and which values it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from alertrelay.channels import KINDS, channel
from alertrelay.config.channel import ConfigKey

from cli.version import ROOT

Kind = Literal["alertmanager", "delivery", "anomaly", "environment"]
ANY, ITEM = "*", "[]"
_USES = {
    "decides": "decides who is notified, or by which way: no template may stand in it",
    "setting": "a setting of each message",
    "filled": "a setting of each message, whose templates are run",
    "templated": "a text of your own, whose templates are run",
    "body": "the whole body of the call, whose templates are run",
    "rendered": "how Alertmanager's own message looks",
    "not_obeyed": "accepted, and without an effect in alertrelay",
    "refused": "refused by alertrelay",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """What is known of one key. `below` are the keys of its mapping by name, ITEM for each item of its list, ANY for a
    mapping with names of one's own. `names` says whose names its values are: receivers or intervals of the file."""

    docs: str = ""
    below: Mapping[str, Doc] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    names: str = ""


def _list_of(docs: str, below: Mapping[str, Doc]) -> Doc:
    return Doc(docs=docs, below={ITEM: Doc(below=below)})


_MATCHERS = Doc(docs='A list of matchers that must all hold: name="value", !=, =~ and !~ with RE2, anchored.')
_OLD_MATCHERS = Doc(docs="Deprecated since 0.22: labels by name. `alertrelay check --fix` writes them as matchers.")
_FLAG = ("true", "false")
_RANGES = "A list of ranges, both ends included, as in "


def _route(depth: int = 8) -> Mapping[str, Doc]:
    below = _route(depth - 1) if depth else {}
    interval = {ITEM: Doc(names="time_intervals")}
    return {
        "receiver": Doc(docs="Who is notified of alerts that end here; inherited by the children.", names="receivers"),
        "matchers": _MATCHERS,
        "match": _OLD_MATCHERS,
        "match_re": _OLD_MATCHERS,
        "continue": Doc(docs="Go on to the later siblings although this route matched. Default: false.", values=_FLAG),
        "group_by": Doc(docs="Labels by which alerts are one notification; ['...'] for all labels. Inherited."),
        "group_wait": Doc(docs="How long a new group waits for more alerts. Default: 30s. Inherited."),
        "group_interval": Doc(docs="How long a group waits before it notifies of a change. Default: 5m. Inherited."),
        "repeat_interval": Doc(docs="How long until an unchanged group is notified again. Default: 4h. Inherited."),
        "mute_time_intervals": Doc(docs="When this route notifies nobody. Not inherited.", below=interval),
        "active_time_intervals": Doc(docs="When alone this route notifies. Not inherited.", below=interval),
        "labels": Doc(docs="0.34: labels of the route for templates. They decide nothing."),
        "routes": _list_of("Child routes, tried in order; the first that matches is taken.", below),
    }


_INTERVAL = {
    "times": _list_of(
        "Times of the day, [start, end), until 24:00 at the latest.",
        {
            "start_time": Doc(docs='As in "09:00".'),
            "end_time": Doc(docs='As in "17:00"; not itself included.'),
        },
    ),
    "weekdays": Doc(docs=f"{_RANGES}monday:friday."),
    "days_of_month": Doc(docs=f"{_RANGES}1:5, or -3:-1 from the end of the month."),
    "months": Doc(docs=f"{_RANGES}january:march or 12."),
    "years": Doc(docs=f"{_RANGES}2026:2028."),
    "location": Doc(docs="A time zone of the IANA database, as in Europe/Berlin. Default: UTC."),
}
_INTERVALS = {
    "name": Doc(docs="The name by which routes call it."),
    "time_intervals": _list_of("It holds while any of these does.", _INTERVAL),
}


def _side(side: str) -> Iterator[tuple[str, Doc]]:
    verb = "inhibit" if side == "source" else "are inhibited"
    yield f"{side}_matchers", Doc(docs=f"Alerts that {verb} while the rule holds: a list of matchers.")
    yield f"{side}_match", _OLD_MATCHERS
    yield f"{side}_match_re", _OLD_MATCHERS


def _channel_key(key: ConfigKey, title: str) -> Iterator[tuple[str, Doc]]:
    parts = [f"{title}: {_USES[key.use]}."]
    if key.inherits:
        parts.append(f"Default: `{key.inherits}` of global.")
    elif key.default not in ("", None, ()):
        parts.append(f"Default: {key.default}.")
    parts += [f"{text[0].upper()}{text[1:]}." for text in (key.problem, key.mend) if text]
    below = {ITEM: Doc(below={name: Doc() for name in key.items})} if key.items else {}
    known = Doc(docs=" ".join(parts), below=below, values=_FLAG if key.shape == "flag" else ())
    for name in key.names:
        file = "The path of a file with it; its last part names the key of the environment's secret. "
        yield name, known if name == key.name else Doc(docs=file + known.docs)


def _receivers() -> Mapping[str, Doc]:
    found = {
        "name": Doc(docs="The name by which routes call it."),
        "labels": Doc(docs="Labels for Alertmanager's API."),
    }
    for kind in KINDS:
        served = channel(kind)
        own = {name: one for key in served.keys for name, one in _channel_key(key, served.title)}
        default = f"Notify of the resolve too. Default: {str(served.send_resolved).lower()}."
        common = {
            "send_resolved": Doc(docs=default, values=_FLAG),
            "http_config": Doc(docs="How calls are made."),
        }
        found[served.configs] = _list_of(f"Notifications to {served.title}.", {**common, **own})
    return found


@cache
def alertmanager() -> Doc:
    """Returns the keys of alertmanager.yml."""
    from compiler.alertmanager.file import GLOBAL_KEYS

    rule = {"name": Doc(docs="For people alone."), **dict(_side("source")), **dict(_side("target"))}
    rule["equal"] = Doc(docs="Labels that must have the same values on both sides; two that are absent are the same.")
    settings = {name: Doc(docs=f"The default for receivers of `{name.partition('_')[2]}`.") for name in GLOBAL_KEYS}
    settings["resolve_timeout"] = Doc(docs="When an alert that names no end is over. Default: 5m.")
    return Doc(
        below={
            "global": Doc(docs="Defaults of all receivers.", below=settings),
            "route": Doc(docs="The root of the routes: it takes every alert that no child takes.", below=_route()),
            "receivers": _list_of("Who can be notified.", _receivers()),
            "inhibit_rules": _list_of("While a source fires, its targets are not notified of.", rule),
            "time_intervals": _list_of("Named times for the routes.", _INTERVALS),
            "mute_time_intervals": _list_of("Deprecated since 0.24: time_intervals.", _INTERVALS),
            "templates": Doc(docs="Files of templates, by patterns."),
            "tracing": Doc(docs="Accepted, and without an effect in alertrelay."),
            "event_recorder": Doc(docs="Accepted, and without an effect in alertrelay."),
        }
    )


@cache
def keys_of(kind: Kind) -> Doc:
    """Returns the keys of a kind of file: alertmanager.yml by the compiler's data, the others by their JSON schemas."""
    if kind == "alertmanager":
        return alertmanager()
    schema = json.loads((ROOT / "docs" / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return _of_schema(schema, schema, depth=0)


def _of_schema(schema: Mapping[str, Any], root: Mapping[str, Any], *, depth: int) -> Doc:
    if depth > 12:
        return Doc()
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    below: dict[str, Doc] = {}
    listed = (one for one in schema.get("enum", ()) if one is not None)
    values = [str(one).lower() if isinstance(one, bool) else str(one) for one in listed]
    for part in (one for word in ("anyOf", "oneOf", "allOf") for one in schema.get(word, ())):
        inner = _of_schema(part, root, depth=depth + 1)
        below |= inner.below
        values += inner.values
    below |= {name: _of_schema(one, root, depth=depth + 1) for name, one in schema.get("properties", {}).items()}
    for word, name in (("items", ITEM), ("additionalProperties", ANY)):
        if isinstance(schema.get(word), Mapping):
            below[name] = _of_schema(schema[word], root, depth=depth + 1)
    if "boolean" in schema.get("type", ()):
        values += _FLAG
    return Doc(docs=schema.get("description", ""), below=below, values=tuple(dict.fromkeys(values)))


def at(kind: Kind, path: tuple[str, ...]) -> Doc | None:
    """Returns what is known of the key at a way down a file, in which ITEM stands for an item of a list."""
    key: Doc | None = keys_of(kind)
    for part in path:
        if key is None:
            return None
        key = key.below.get(part) or (key.below.get(ANY) if part != ITEM else None)
    return key
