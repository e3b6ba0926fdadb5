"""Describes a channel to the rest of alertrelay: its names, its keys in alertmanager.yml, its limits and its settings.

Each folder of alertrelay/channels/ states one ChannelDescriptor. Plain data without imports of its own, so that the
compiler, the stacks and a cold start can read it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Self

Use = Literal["decides", "setting", "filled", "templated", "body", "rendered", "not_obeyed", "refused"]
"""`decides` who is notified or by which way: no template may stand in it. `filled` is a setting in
which one may: what it gives stands in the settings for that message. `templated` is a text of the team's own that
stands in the message in place of ours. A `body` is the whole message, of a digest too, and where it fails nothing else
is sent in its place. `rendered` says how Alertmanager's message would look, `not_obeyed` has no
effect here: both are accepted with a warning. `refused` is an error."""

Shape = Literal[
    "text", "plain", "url", "secret", "number_or_file", "url_or_file", "flag", "whole", "seconds", "json", "list",
    "items", "actions", "mapping", "texts", "headers", "tls_config", "sigv4", "any",
]  # fmt: skip
"""`plain` is a text without templates. `secret` names a key of the secret by the path of `<name>_file`, and so do
`number_or_file` and `url_or_file`, which may stand inline. `json` is a mapping of anything, `list` and `texts` hold
texts, `items` and `actions` mappings."""
FILES = ("secret", "number_or_file", "url_or_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigKey:
    """One key of an integration in alertmanager.yml. Source: prometheus/alertmanager config/notifiers.go.

    `field` is the field of the channel's settings that the key fills; without one nothing is read but the type.
    `inherits` names the key under `global` that holds the default. `missing` is the mend where the key is required and
    absent. `inline_field` is for a secret that may stand inline: the field for such a value. `items` and `needed` are
    the keys of each mapping of a list; where the list fills a field, `made` is the type of its entries, with a text for
    each of `items`, and `schemes` are those of the address that the first of `items` is, or that a filled key is.
    `problem` and `mend` are the finding of a refused key.
    `choices` are the texts that may stand there, in capital letters or not, and `reserved` the names that a mapping may
    not have. `instead` is a secret with which this one is not required. `upstream` names the template that Alertmanager
    renders where the key is absent: to write that out is to leave the key out. `html`: its values are escaped by their
    context in HTML, and so they are where the field of the settings that `html_by` names says so.
    """

    name: str
    use: Use = "setting"
    shape: Shape = "text"
    field: str = ""
    default: Any = ""
    inherits: str = ""
    missing: str = ""
    inline_field: str = ""
    items: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    made: type[Any] | None = None
    schemes: tuple[str, ...] = ()
    problem: str = ""
    mend: str = ""
    upstream: str = ""
    html: bool = False
    html_by: str = ""
    choices: tuple[str, ...] = ()
    reserved: frozenset[str] = frozenset()
    instead: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The key, and `<name>_file` where it may be a secret."""
        return (self.name, f"{self.name}_file") if self.shape in FILES else (self.name,)

    def is_html(self, settings: Settings) -> bool:
        """Returns whether its values are escaped by their context in HTML."""
        return self.html or bool(self.html_by and getattr(settings, self.html_by) in ("HTML", True))

    @property
    def deciding(self) -> tuple[str, ...]:
        """The names in which no template may stand: a secret that stands inline is refused as a whole."""
        if self.use != "decides":
            return ()
        return self.names[1:] if self.shape == "secret" and not self.inline_field else self.names


def templated(upstream: str, names: str) -> tuple[ConfigKey, ...]:
    """Return keys of texts of the team's own, from their names in one text: a name, or `name=template`, where the
    template is upstream's default behind the prefix `upstream`."""
    pairs = (name.partition("=") for name in names.split())
    return tuple(
        ConfigKey(name=name, use="templated", upstream=f"{upstream}.{default}" if default else "")
        for name, _, default in pairs
    )


def keys(names: str, use: Use, shape: Shape = "text") -> tuple[ConfigKey, ...]:
    """Return keys of one use and shape, from their names in one text."""
    return tuple(ConfigKey(name=name, use=use, shape=shape) for name in names.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """Client credentials: `secret` names the secret's key of the client's own, `params` go with each request for a
    token."""

    client_id: str
    secret: str
    token_url: str
    scopes: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAuth:
    """How `http_config` authorizes a call: `key` names the secret's key of a token, which `type` precedes, or of a
    password, with a `username`, or with the type Basic and none. `oauth2` is how a token is asked for instead.
    `headers` are sent as they are. `secret_headers` have the name of a key of the secret, or several with a space
    between them, whose values follow those in `headers`."""

    type: str = "Bearer"
    key: str = ""
    username: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict)
    oauth2: OAuth2 | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the secret that it needs, each once."""
        named = " ".join((self.key, self.oauth2.secret if self.oauth2 else "", *self.secret_headers.values()))
        return tuple(dict.fromkeys(named.split()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The base of every channel's settings: values without any secret. `key_field` is the field that names the key of
    the environment's secret, "" for a channel without one. Where a message needs several keys they stand in one text,
    with a space between them."""

    key_field: ClassVar[str] = ""

    @property
    def key_name(self) -> str:
        """The key of the secret that a message to this target needs, "" for none; several with a space between them."""
        return str(getattr(self, self.key_field)) if self.key_field else ""

    @property
    def can_edit(self) -> bool:
        """Returns whether a message that was sent to this target can be changed."""
        return False

    @property
    def acknowledges(self) -> bool:
        """Returns whether what fires there can be acknowledged: render.py then writes a message for the reason
        `acknowledged`, which notifies nobody."""
        return False

    @property
    def destination(self) -> frozenset[object]:
        """Returns where a message arrives, whatever else is set: what is open there is known to who reads this. Empty
        where a channel does not say: then equal settings alone are one destination."""
        return frozenset()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of people that a message goes to, where the configuration has them."""
        return ()

    @property
    def most_alerts(self) -> int:
        """The number of alerts that a template of the team's own sees, 0 for all that a message shows."""
        return 0

    @property
    def recipients(self) -> Mapping[str, bool]:
        """The recipients of a message by short name, with whether each is on call, where the channel answers for each;
        none where it takes or refuses a message as a whole."""
        return {}

    def only_for(self, names: Collection[str]) -> Self:  # noqa: ARG002 - a message as a whole has one recipient
        """Returns the settings for some of its recipients."""
        return self

    def at(self, places: Mapping[str, str]) -> Self:
        """Returns the settings for the places, by key, that the labels of a group decide."""
        return replace(self, **places)

    @property
    def resolves_by_key(self) -> bool:
        """Returns whether a resolve names what it resolves by a key of ours, and one of an unknown key does nothing."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The number of messages that people take alone: incidents in a minute of a channel that pages, else messages
    before a digest. `counted_by` are the fields of the settings that they are counted by, names of keys and places and
    never a key's value; without any they are counted by the integration."""

    people: int
    counted_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDescriptor:
    """One kind of channel.

    `title` and `message` are for people, within a sentence: "PagerDuty answers again", "this page was not
    delivered". `configs` is Alertmanager's key of a receiver. `send_resolved` is Alertmanager's default. render.py
    has a function `render`, sender.py a function `deliver` for transport/service.py, or the class that `sender`
    names. Both are imported when they are used. `key_text` and `receipt` say, for docs/channels.md, what the key in
    the secret is, and what is kept of a message that was sent. `auth` is the field of the settings for what
    `http_config` authorizes by, `auth_needed` the mend where that is required and absent, `auth_optional` that
    Alertmanager then calls without it. `limits` are the service's own. `pages`: an incident channel, which
    escalates by itself. As a fallback it gets only critical alerts, it always gets the resolve, and it gets no
    warning that a silence expires. `accepted` says what a success leaves open, where it does not say that people
    have the message. `acknowledged` says, for docs/channels.md, what becomes of an acknowledgement there, "" where
    the next message shows it. `charts`: a message has room for the chart of a metric.
    `retried`: statuses under 500 that Alertmanager itself retries, None for every failure."""

    kind: str
    title: str
    message: str
    configs: str
    keys: tuple[ConfigKey, ...]
    settings: type[Settings]
    key_text: str
    receipt: str
    sender: str = ""
    auth: str = ""
    auth_needed: str = ""
    auth_optional: bool = False
    send_resolved: bool = True
    limits: Mapping[str, int] = field(default_factory=dict)
    rate: Rate | None = None
    pages: bool = False
    acknowledged: str = ""
    charts: bool = False
    accepted: str = ""
    retried: frozenset[int] | None = frozenset()

    def rate_key(self, settings: Settings) -> str:
        """Returns the name that messages are counted by, "" where that is the integration."""
        if self.rate is None or not self.rate.counted_by:
            return ""
        return " ".join([self.kind, *(str(getattr(settings, name)) for name in self.rate.counted_by)])
