"""The files of `alertrelay init` as text: a configuration that checks clean, and the project around it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from string import Template

from alertrelay import __version__

APP_IMPORT = "from alertrelay.app import main"
"""The line by which the app of a user reaches the constructs; it stands nowhere else."""
SECRETS = "/etc/alertmanager/secrets"
SLACK_POST = "https://slack.com/api/chat.postMessage"
_BUTTONS = """
# Buttons in Slack: first `intake: direct` in the environment, and an app with interactivity, whose signing secret is
# in the stack's secret as slack_signing_secret: docs/slack.md.
# slack:
#   buttons: true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The user's choices. `region` "" leaves it to the credentials of the deploy, `slack` "" leaves Slack out.

    `alertmanager` is the text of a file that the user has; the channels are then that file's own.
    """

    environments: tuple[str, ...]
    region: str
    on_call_mail: str
    mail_from: str
    slack: str
    teams: bool
    pagerduty: bool
    alertmanager: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """One receiver of the file: its name, its block, and the key of the secret that it needs."""

    receiver: str
    block: str
    secret: str = ""


def files(answers: Answers) -> dict[str, str]:
    """Return the text of each file by its path in the folder."""
    channels = _channels(answers)
    own = answers.alertmanager
    first = answers.environments[0]
    mail = json.dumps(answers.on_call_mail)
    found = {
        "README.md": _filled("README.md", environment=first, secrets=_secret_step(answers), mail=_mail_step(answers)),
        "alertmanager.yml": _alertmanager(answers, channels) if own is None else own,
        "delivery.yml": _filled(
            "delivery.yml",
            fallbacks=_fallbacks(channels, own),
            mail=mail,
            transport=_transport(own),
            slack=_BUTTONS if answers.slack else "",
        ),
        "anomaly.yml": _filled("anomaly.yml"),
        "app.py": _filled("app.py.txt", import_line=APP_IMPORT),
        "cdk.json": _filled("cdk.json"),
        ".gitignore": _filled("gitignore"),
        ".github/workflows/alerts.yml": _filled("alerts.yml", version=__version__),
    }
    region = (
        f"region: {answers.region}"
        if answers.region
        else "# region: that of the credentials of the deploy, until it is named"
    )
    for name in answers.environments:
        found[f"environments/{name}.yml"] = _filled("environment.yml", environment=name, region=region, mail=mail)
    return found


def secret_keys(answers: Answers) -> tuple[str, ...]:
    """Return the keys that the secret has to hold after the deploy; those of a user's own file are not known here."""
    if answers.alertmanager is not None:
        return ()
    return tuple(channel.secret for channel in _channels(answers) if channel.secret)


def _filled(name: str, **values: str) -> str:
    text = resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    return Template(text).substitute(values) if values else text


def _channels(answers: Answers) -> Sequence[_Channel]:
    """Return the channels, the most urgent first; mail is always among them."""
    found = []
    if answers.pagerduty:
        block = f"    pagerduty_configs:\n      - routing_key_file: {SECRETS}/pagerduty_key\n"
        found.append(_Channel(receiver="pagerduty-oncall", block=block, secret="pagerduty_key"))
    if answers.slack:
        block = (
            f"    slack_configs:\n      - channel: {json.dumps(answers.slack)}\n        send_resolved: true\n"
            "        http_config:\n          authorization:\n"
            f"            credentials_file: {SECRETS}/slack_bot_token\n"
        )
        found.append(_Channel(receiver="slack-alerts", block=block, secret="slack_bot_token"))
    if answers.teams:
        block = (
            f"    msteamsv2_configs:\n      - webhook_url_file: {SECRETS}/teams_webhook\n        send_resolved: true\n"
        )
        found.append(_Channel(receiver="teams-alerts", block=block, secret="teams_webhook"))
    block = f"    email_configs:\n      - to: {json.dumps(answers.on_call_mail)}\n        send_resolved: true\n"
    return (*found, _Channel(receiver="email-oncall", block=block))


def _alertmanager(answers: Answers, channels: Sequence[_Channel]) -> str:
    critical = "".join(
        f'    - matchers: [severity="critical"]\n      receiver: {channel.receiver}\n'
        + ("      group_wait: 0s\n" if channel.receiver == "pagerduty-oncall" else "")
        + ("      continue: true\n" if channel is not channels[-1] else "")
        for channel in channels
    )
    chat = [channel.receiver for channel in channels if channel.receiver in ("slack-alerts", "teams-alerts")]
    return _filled(
        "alertmanager.yml",
        sender=json.dumps(answers.mail_from),
        globals=f"  slack_api_url: {SLACK_POST}\n" if answers.slack else "",
        default=chat[0] if chat else "email-oncall",
        critical=critical,
        receivers="".join(f"  - name: {channel.receiver}\n{channel.block}" for channel in channels),
    )


def _fallbacks(channels: Sequence[_Channel], own: str | None) -> str:
    """Return what stands behind `fallbacks:`; a user's own file has receivers that only the user can order."""
    if own is not None or len(channels) == 1:
        return " {}"
    names = [channel.receiver for channel in channels]
    return "".join(f"\n  {name}: [[{', '.join(other for other in names if other != name)}]]" for name in names)


def _mail_step(answers: Answers) -> str:
    if _transport(answers.alertmanager) == "smtp":
        return "3. Mail goes out by smtp_smarthost of alertmanager.yml."
    return (
        f"3. Mail goes out by SES: verify the sender, {answers.mail_from}, in its console, and each recipient while\n"
        "   the account is in SES's sandbox. Until then mail falls back as delivery.yml has it."
    )


def _transport(own: str | None) -> str:
    return "smtp" if own is not None and "smarthost" in own else "ses"


def _secret_step(answers: Answers) -> str:
    keys = secret_keys(answers)
    if answers.alertmanager is None and not keys:
        return "2. The stack's secret stays as it is: mail needs no key."
    if not keys:
        return "2. The keys that alertmanager.yml names by `*_file` go into the secret of the output `SecretArn`."
    example: Mapping[str, str] = dict.fromkeys(keys, "…")
    return (
        "2. The keys go into the stack's one secret, by its output `SecretArn`:\n   ```\n"
        '   aws secretsmanager put-secret-value --secret-id "$SECRET_ARN" --secret-string file://keys.json\n'
        f"   {json.dumps(example, ensure_ascii=False)}\n   ```"
    )
