"""`receivers:` of alertmanager.yml: each kind that alertrelay serves, with all the keys that Alertmanager 0.33 knows.

Which keys a kind has, and what each is, is the data of its channel (alertrelay/channels/<kind>/__init__.py). The
team's own texts are compiled (texts.py) and stand in the message where they are set. A template in what decides who is
notified (channel, address, key) is refused unless delivery.yml lists what it may give (decisions.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alertrelay.alert import Integration
from alertrelay.channels import KINDS, channel
from alertrelay.config.channel import ChannelDescriptor, Settings
from alertrelay.config.model import Receiver, Target

from compiler.alertmanager.decisions import read_decisions, settled
from compiler.alertmanager.integrations import ReceiverContext, read_settings
from compiler.alertmanager.secretkeys import SecretKeyPaths
from compiler.alertmanager.shapes import check_shape
from compiler.alertmanager.texts import read_texts
from compiler.reading.section import Section, check_texts, keys

_COMMON = ("send_resolved", "http_config")
_ALERTMANAGER_KINDS = keys(
    "discord email incidentio jira mattermost msteams msteamsv2 opsgenie pagerduty pushover rocketchat slack sns "
    "telegram victorops webex webhook wechat"
)
_SERVED: Mapping[str, ChannelDescriptor] = {channel(kind).configs: channel(kind) for kind in KINDS}
UNSUPPORTED = tuple(f"{kind}_configs" for kind in _ALERTMANAGER_KINDS if f"{kind}_configs" not in _SERVED)
_SEND_RESOLVED_OTHERS_FALSE = ("wechat_configs",)
_UNSUPPORTED_SECRETS = {
    "msteams_configs": ("webhook_url",),
    "wechat_configs": ("api_secret",),
}
"""Keys with a secret, each of which Alertmanager 0.33 reads from `<key>_file` too."""
_SUCCESSORS = {
    "msteams_configs": "Microsoft retired its connectors: make a workflow, as in `msteamsv2_configs: "
    "[{webhook_url_file: /etc/alertmanager/secrets/teams_workflow}]`",
    "wechat_configs": "make a robot for a group of WeCom, and write its address as `webhook_configs: "
    "[{url_file: /etc/alertmanager/secrets/wecom_robot, payload: {msgtype: text, text: {content: …}}}]`",
}
"""What to write instead. WeCom's body: work.weixin.qq.com/api/doc/90000/90136/91770."""
KEYS = ("name", "labels", *_SERVED, *UNSUPPORTED)


def parse_receiver(section: Section, reading: ReceiverContext) -> Receiver:
    """One receiver with its targets in the order of the channels.

    A kind that is not served is an error; it stands as a webhook without an address, so that it counts as somebody who
    is notified where a file is only tried out.
    """
    name = section.text("name")
    if not name:
        section.findings.error(section.at("name"), "missing-key", "a receiver needs a name", "add `name: …`")
    targets: list[Target] = []
    for key in section.items:
        if key in UNSUPPORTED:
            mend = _SUCCESSORS.get(key, f"it knows {', '.join(_SERVED)}")
            message = f"alertrelay does not send to {key.removesuffix('_configs')}"
            section.findings.error(section.at(key), "unsupported-receiver", message, mend)
        elif key == "labels":
            _check_labels(section)
    for key, served in _SERVED.items():
        known = (*_COMMON, *(name for one in served.keys for name in one.names))
        for index, item in enumerate(section.sections(key, known)):
            integration = Integration(receiver=name, channel=served.kind, index=index)
            targets.append(_target(item, served, integration, reading))
    taken = sum(target.integration.channel == _PLACEHOLDER for target in targets)
    for index, (kind, other) in enumerate(_others(section), start=taken):
        _refuse_secrets(other, kind, reading.secrets)
        targets.append(_placeholder(other, kind, Integration(receiver=name, channel=_PLACEHOLDER, index=index)))
    return Receiver(name=name, targets=tuple(targets))


def _check_labels(section: Section) -> None:
    """Labels of a receiver serve Alertmanager's API alone; `name` is the one that it sets itself."""
    labels = section.mapping("labels")
    check_texts(labels.values(), section.findings)
    if "name" in labels:
        message = "the label 'name' of a receiver is its own name"
        section.findings.error(labels["name"].place, "bad-label", message, "give it another name")
    section.findings.not_obeyed(section.at("labels"), "`labels` of a receiver")


_PLACEHOLDER = next(kind for kind in KINDS if channel(kind).rate is None)
"""A channel without a limit, so that what is tried out shows no storm."""


def _others(section: Section) -> Iterator[tuple[str, Section]]:
    for kind in UNSUPPORTED:
        for item in section.list(kind):
            yield kind, Section(item, section.findings)


def _refuse_secrets(section: Section, kind: str, secrets: SecretKeyPaths) -> None:
    """A secret of a kind that is not served stands in the file all the same."""
    for key in _UNSUPPORTED_SECRETS.get(kind, ()):
        if section.has(key):
            secrets.refuse(section, key)


def _placeholder(section: Section, kind: str, integration: Integration) -> Target:
    return Target(
        integration=integration,
        send_resolved=section.flag("send_resolved", default=kind not in _SEND_RESOLVED_OTHERS_FALSE),
        settings=Settings(),
    )


def _target(section: Section, served: ChannelDescriptor, integration: Integration, reading: ReceiverContext) -> Target:
    allowed = reading.allowed.get(integration.receiver, {})
    given, section = settled(section, served, reading.templates, allowed)
    decides = read_decisions(given, served, reading.templates, allowed)
    _check_own_form(section, served)
    for key in served.keys:
        if key.use in ("templated", "rendered", "not_obeyed"):
            check_shape(section, key, reading.secrets)
        if key.use == "not_obeyed" and section.has(key.name) and not (key.shape == "sigv4" and _only_region(section)):
            section.findings.not_obeyed(section.at(key.name), repr(key.name))
    settings = read_settings(section, served, reading)
    return Target(
        integration=integration,
        send_resolved=_send_resolved(section, served),
        settings=settings,
        texts={**read_texts(section, served, reading.templates, settings), **decides},
    )


def _check_own_form(section: Section, served: ChannelDescriptor) -> None:
    own = [key.name for key in served.keys if key.use == "rendered" and section.has(key.name)]
    if own:
        message = f"{', '.join(own)}: alertrelay gives its messages a form of its own"
        section.findings.warning(section.at(own[0]), "own-rendering", message, "it may stay for Alertmanager's sake")


def _send_resolved(section: Section, served: ChannelDescriptor) -> bool:
    value = section.flag("send_resolved", default=served.send_resolved)
    if value:
        return True
    if served.pages:
        message = f"{served.title} is notified of the resolve all the same: an incident must not hang open"
    elif section.has("send_resolved"):
        message = "the resolve of an alert is not notified here"
    else:
        message = f"the resolve of an alert is not notified here: the default of {served.kind} is false"
    section.findings.warning(section.at("send_resolved"), "send-resolved", message, "write `send_resolved: true`")
    return False


def _only_region(section: Section) -> bool:
    sigv4 = section.get("sigv4")
    return sigv4 is not None and set(Section(sigv4, section.findings).items) <= {"region"}
