"""`config/alertmanager.yml`: a plain Alertmanager file, as of 0.35, read for what alertrelay serves.

Strict as Alertmanager is: an unknown key, a receiver that does not exist or an interval that is not named is an error.
A key that is known and has no effect here is named in a finding, so that nothing is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from alertrelay.config.calendar import TimeInterval
from alertrelay.config.model import InhibitRule, Receiver, Route

from compiler.alertmanager.inhibition import PlacedRule, parse_inhibit_rules
from compiler.alertmanager.intervals import parse_intervals
from compiler.alertmanager.kinds.email import check_smarthost
from compiler.alertmanager.kinds.reading import ReceiverContext, check_url
from compiler.alertmanager.kinds.slack import is_slack_post
from compiler.alertmanager.receivers import KEYS as RECEIVER_KEYS
from compiler.alertmanager.receivers import parse_receiver
from compiler.alertmanager.routing import KEYS as ROUTE_KEYS
from compiler.alertmanager.routing import PlacedRoute, parse_route
from compiler.alertmanager.secretkeys import SecretKeyPaths
from compiler.delivery import Transport
from compiler.reading.finding import Findings, did_you_mean
from compiler.reading.section import Section, check_texts, keys, section_of
from compiler.reading.yamlfile import Value
from compiler.templates.files import TemplateFiles, read_templates

KEYS = keys("global templates route inhibit_rules receivers mute_time_intervals time_intervals tracing event_recorder")
_RESOLVE_TIMEOUT = 300.0
_GLOBAL_SERVED = keys(
    "resolve_timeout http_config smtp_from smtp_hello smtp_smarthost smtp_auth_username "
    "smtp_auth_password smtp_auth_password_file smtp_auth_secret smtp_auth_secret_file "
    "smtp_auth_identity smtp_require_tls smtp_tls_config smtp_force_implicit_tls slack_api_url "
    "slack_api_url_file slack_app_token slack_app_token_file slack_app_url pagerduty_url"
)
_GLOBAL_OTHERS = keys(
    "jira_api_url opsgenie_api_key opsgenie_api_key_file opsgenie_api_url wechat_api_url "
    "wechat_api_secret wechat_api_secret_file wechat_api_corp_id victorops_api_url victorops_api_key "
    "victorops_api_key_file telegram_api_url telegram_bot_token telegram_bot_token_file webex_api_url "
    "rocketchat_api_url rocketchat_token rocketchat_token_file rocketchat_token_id "
    "rocketchat_token_id_file mattermost_webhook_url mattermost_webhook_url_file"
)
GLOBAL_KEYS = (*_GLOBAL_SERVED, *_GLOBAL_OTHERS)
_GLOBAL_SECRETS = keys(
    "smtp_auth_password smtp_auth_secret slack_app_token opsgenie_api_key wechat_api_secret "
    "victorops_api_key telegram_bot_token rocketchat_token rocketchat_token_id mattermost_webhook_url"
)
_GLOBAL_URLS = keys(
    "pagerduty_url opsgenie_api_url wechat_api_url victorops_api_url telegram_api_url webex_api_url jira_api_url "
    "rocketchat_api_url"
)
_GLOBAL_NO_TEXTS = keys("http_config smtp_tls_config smtp_require_tls smtp_force_implicit_tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerFile:
    """The file's values. `routed` are the receivers that some route names; `placed_routes`, `placed_rules` and
    `section`, the whole file, keep where everything stands."""

    route: Route
    receivers: tuple[Receiver, ...]
    routed: frozenset[str]
    inhibit_rules: tuple[InhibitRule, ...]
    time_intervals: Mapping[str, tuple[TimeInterval, ...]]
    resolve_timeout: float
    section: Section | None = field(default=None, repr=False, compare=False)
    placed_routes: tuple[PlacedRoute, ...] = field(default=(), repr=False, compare=False)
    placed_rules: tuple[PlacedRule, ...] = field(default=(), repr=False, compare=False)


def parse_alertmanager(
    root: Value,
    findings: Findings,
    *,
    transport: Transport = "smtp",
    on_call: tuple[str, ...] = (),
    time_zone: str = "",
    allowed: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
) -> AlertmanagerFile | None:
    """Reads the file; None where it has no route at all. Of delivery.yml: `transport` is how e-mail goes out, `on_call`
    the addresses that have to take it, `time_zone` that of its times, `allowed` what a template may give that decides
    who is notified."""
    section = section_of(root, KEYS, findings)
    if section is None:
        return None
    secrets = SecretKeyPaths(findings)
    global_ = section.section("global", GLOBAL_KEYS) or _empty(section)
    _check_global(global_, secrets)
    timeout = global_.seconds("resolve_timeout")
    reading = ReceiverContext(
        global_=global_,
        secrets=secrets,
        findings=findings,
        transport=transport,
        on_call=on_call,
        time_zone=time_zone,
        templates=_templates(section),
        allowed=allowed or {},
    )
    receivers = _receivers(section, reading)
    intervals = parse_intervals(section)
    rules = parse_inhibit_rules(section)
    _check_rest(section)
    if not section.require("route", "add `route: {receiver: …}`"):
        return None
    root_route = section.section("route", ROUTE_KEYS)
    if root_route is None:
        return None
    route, placed = parse_route(root_route)
    for item in placed:
        _check_route(item, receivers, intervals)
    return AlertmanagerFile(
        route=route,
        receivers=tuple(receivers.values()),
        routed=frozenset(item.route.receiver for item in placed),
        inhibit_rules=tuple(item.rule for item in rules),
        time_intervals=intervals,
        resolve_timeout=_RESOLVE_TIMEOUT if timeout is None else timeout,
        section=section,
        placed_routes=placed,
        placed_rules=rules,
    )


def _empty(section: Section) -> Section:
    return Section(Value(data={}, text="", place=section.place), section.findings)


def _check_global(global_: Section, secrets: SecretKeyPaths) -> None:
    for key in _GLOBAL_SECRETS:
        secrets.one_of(global_, key)
    secrets.one_of(global_, "slack_api_url", inline=is_slack_post(global_.text("slack_api_url")))
    secrets.http_config(global_)
    for key in _GLOBAL_URLS:
        if global_.get(key):
            check_url(global_, key, template_is_named=False)
    texts = (value for key, value in global_.items.items() if key not in _GLOBAL_NO_TEXTS)
    check_texts(texts, global_.findings)
    for key in ("smtp_require_tls", "smtp_force_implicit_tls"):
        global_.flag(key, default=False)
    secrets.tls_config(global_, "smtp_tls_config")
    if global_.get("smtp_smarthost"):
        check_smarthost(global_, "smtp_smarthost")
    for key in ("smtp_auth_identity", "smtp_tls_config"):
        if global_.has(key):
            global_.findings.not_obeyed(global_.at(key), repr(key))
    for key in ("smtp_auth_secret", "smtp_auth_secret_file"):
        if global_.has(key):
            message = "CRAM-MD5 is not supported by alertrelay"
            global_.findings.error(global_.at(key), "unsupported", message, "use smtp_auth_password_file")


def _receivers(section: Section, reading: ReceiverContext) -> dict[str, Receiver]:
    receivers: dict[str, Receiver] = {}
    if not section.has("receivers"):
        section.require("receivers", "add `receivers: [{name: …}]`")
    for item in section.sections("receivers", RECEIVER_KEYS):
        receiver = parse_receiver(item, reading)
        if receiver.name in receivers:
            message = f"the receiver {receiver.name!r} is defined twice"
            item.findings.error(item.at("name"), "duplicate-name", message, "give one another name")
        receivers[receiver.name] = receiver
    return receivers


def _templates(section: Section) -> TemplateFiles:
    check_texts(section.list("templates"), section.findings)
    patterns = tuple(value for value in section.list("templates") if value.text)
    return read_templates(patterns, section.findings)


def _check_rest(section: Section) -> None:
    findings = section.findings
    for key in ("tracing", "event_recorder"):
        if section.has(key):
            findings.not_obeyed(section.at(key), repr(key))


def _check_route(item: PlacedRoute, receivers: dict[str, Receiver], intervals: Collection[str]) -> None:
    section, route = item.section, item.route
    findings = section.findings
    receiver = receivers.get(route.receiver)
    if receiver is None and section.has("receiver"):
        mend = did_you_mean(route.receiver, receivers)
        findings.error(section.at("receiver"), "unknown-receiver", f"there is no receiver {route.receiver!r}", mend)
    elif receiver is not None and not receiver.targets:
        message = f"alerts that end at {route.key} notify nobody: {route.receiver!r} has no integration"
        findings.info(section.at("receiver"), "tells-nobody", message)
    for key in ("mute_time_intervals", "active_time_intervals"):
        for value in section.list(key):
            if value.text not in intervals:
                message = f"there is no time interval {value.text!r}"
                findings.error(value.place, "unknown-interval", message, did_you_mean(value.text, intervals))
