"""Examples of what amlint 0.8.5 finds, by its names of checks, with our code. `amlint list` has 49 checks."""

from __future__ import annotations

import sys
from pathlib import Path

_NAMES = """
alert-hits-default-receiver bad-match-label bad-matcher bad-regex bad-template bad-template-file
bad-time-interval circular-inhibition deep-nesting deprecated-match deprecated-mute-time-intervals
discord-no-webhook-url duplicate-receiver email-no-smarthost empty-receiver global-resolve-timeout-missing
grafana-contact-point groupby-ellipsis inhibit-no-equal inhibit-same-match inhibit-unknown-alertname
invalid-root-route msteams-no-webhook-url no-root-route opsgenie-no-api-key pagerduty-no-routing-key
plaintext-secret repeat-before-group route-always-muted route-match-collision route-unknown-alertname
shadowed-route slack-no-api-url sns-no-target stripped-brace telegram-no-bot-token template-file-missing
template-unknown-field time-interval-never-active undefined-receiver undefined-template
undefined-time-interval unreachable-route unused-receiver useless-continue victorops-no-api-key
wait-exceeds-interval webhook-no-url wechat-no-corp-id
"""
CHECKS = tuple(_NAMES.split())
RULES = """\
groups:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, labels: {severity: critical}}
      - {alert: Slow, expr: latency > 1, labels: {severity: warning}}
      - {alert: Lost, expr: lost > 1}
"""
_HOOK = "webhook_configs: [{url: 'https://hooks.example.com/x'}]"
_SLACK = "slack_configs: [{api_url_file: /s/k, channel: c, title: '%s'}]"
_ROOT = "route:\n  receiver: r\n"
_TWO = f"receivers:\n  - {{name: r, {_HOOK}}}\n  - {{name: s, {_HOOK}}}\n"


def _routes(*routes: str, rest: str = "") -> str:
    lines = "".join(f"    - {{{route}}}\n" for route in routes)
    return f"route:\n  receiver: r\n  routes:\n{lines}    - {{matchers: [team=s], receiver: s}}\n{_TWO}{rest}"


def _inhibit(*rules: str) -> str:
    return _routes("matchers: [a=b]", rest="inhibit_rules:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules))


def _receiver(text: str) -> str:
    return f"route: {{receiver: r}}\nreceivers:\n  - {{name: r, {text}}}\n"


def _interval(text: str, key: str = "mute_time_intervals") -> str:
    return _routes(f"matchers: [a=b], {key}: [x]", rest=f"time_intervals:\n  - {{name: x, time_intervals: [{text}]}}\n")


_S, _T = "source_matchers: [severity=%s]", "target_matchers: [severity=%s]"
EXAMPLES: dict[str, tuple[str, str]] = {
    "alert-hits-default-receiver": (
        "ends-at-root",
        _ROOT + "  routes: [{matchers: [severity=critical], receiver: s}]\n" + _TWO,
    ),
    "bad-matcher": ("bad-matcher", _routes("matchers: [severity]")),
    "bad-regex": ("bad-matcher", _routes("matchers: ['a=~\"(?=x)\"']")),
    "bad-time-interval": ("bad-value", _interval("{weekdays: ['friday:monday']}")),
    "bad-template": ("bad-template", _receiver(_SLACK % "{{ if }}")),
    "undefined-template": ("no-template", _receiver(_SLACK % '{{ template "nope" . }}')),
    "template-unknown-field": ("template-fails", _receiver(_SLACK % "{{ .Alrets }}")),
    "template-file-missing": ("no-template-file", "templates: [none.tmpl]\n" + _receiver(_HOOK)),
    "discord-no-webhook-url": ("missing-key", _receiver("discord_configs: [{}]")),
    "opsgenie-no-api-key": ("missing-key", _receiver("opsgenie_configs: [{}]")),
    "telegram-no-bot-token": ("missing-key", _receiver("telegram_configs: [{chat_id: 1}]")),
    "victorops-no-api-key": ("missing-key", _receiver("victorops_configs: [{routing_key: team}]")),
    "duplicate-receiver": ("duplicate-name", _routes("matchers: [a=b]") + f"  - {{name: r, {_HOOK}}}\n"),
    "email-no-smarthost": ("missing-key", _receiver("email_configs: [{to: a@example.com, from: b@example.com}]")),
    "groupby-ellipsis": ("bad-value", _routes("matchers: [a=b], group_by: ['...', a]")),
    "invalid-root-route": (
        "root-route",
        _routes("matchers: [a=b]").replace("  routes:", "  matchers: [a=b]\n  routes:"),
    ),
    "no-root-route": ("missing-key", _TWO),
    "pagerduty-no-routing-key": ("missing-key", _receiver("pagerduty_configs: [{}]")),
    "slack-no-api-url": ("missing-key", _receiver("slack_configs: [{channel: c}]")),
    "sns-no-target": ("one-of", _receiver("sns_configs: [{sigv4: {region: eu-west-1}}]")),
    "undefined-receiver": ("unknown-receiver", _routes("matchers: [a=b], receiver: nobody")),
    "undefined-time-interval": ("unknown-interval", _routes("matchers: [a=b], mute_time_intervals: [x]")),
    "webhook-no-url": ("missing-key", _receiver("webhook_configs: [{}]")),
    "circular-inhibition": (
        "circular-inhibition",
        _inhibit(
            f"{_S % 'critical'}, {_T % 'warning'}, equal: [alertname]",
            f"{_S % 'warning'}, {_T % 'critical'}, equal: [alertname]",
        ),
    ),
    "empty-receiver": ("tells-nobody", "route: {receiver: r}\nreceivers: [{name: r}]\n"),
    "inhibit-no-equal": ("inhibits-everywhere", _inhibit(f"{_S % 'critical'}, {_T % 'warning'}")),
    "inhibit-same-match": (
        "inhibits-nothing",
        _inhibit("source_match: {severity: critical}, target_match: {severity: critical}, equal: [alertname]"),
    ),
    "inhibit-unknown-alertname": (
        "no-rule-reaches",
        _inhibit(f"source_matchers: [alertname=Missing], {_T % 'warning'}, equal: [service]"),
    ),
    "plaintext-secret": (
        "inline-secret",
        _receiver("pagerduty_configs: [{routing_key: 0123456789abcdef0123456789abcdef}]"),
    ),
    "repeat-before-group": ("short-repeat", _routes("matchers: [a=b], group_interval: 1h, repeat_interval: 5m")),
    "route-always-muted": ("always-muted", _interval("{}")),
    "route-match-collision": ("colliding-routes", _routes("matchers: [a=b]", "matchers: [a=b], receiver: s")),
    "route-unknown-alertname": ("no-rule-reaches", _routes("matchers: [alertname=Missing]")),
    "shadowed-route": ("shadowed-route", _routes("matchers: ['a=~\"b|c\"']", "matchers: [a=b], receiver: s")),
    "stripped-brace": ("stripped-brace", _routes("matchers: ['code=~[0-9]{3}']")),
    "time-interval-never-active": ("never-holds", _interval("{years: ['2020:2024']}")),
    "unreachable-route": ("shadowed-route", _routes("receiver: s", "matchers: [a=b]")),
    "wait-exceeds-interval": ("long-wait", _routes("matchers: [a=b], group_wait: 10m, group_interval: 5m")),
    "deprecated-match": ("deprecated-key", _routes("match: {a: b}")),
    "deprecated-mute-time-intervals": (
        "deprecated",
        _routes("matchers: [a=b], mute_time_intervals: [x]")
        + "mute_time_intervals:\n  - {name: x, time_intervals: [{weekdays: [sunday]}]}\n",
    ),
    "unused-receiver": ("unused-receiver", f"route: {{receiver: r}}\n{_TWO}"),
    "useless-continue": (
        "useless-continue",
        _routes("matchers: [a=b]").replace("receiver: s}\nrec", "receiver: s, continue: true}\nrec"),
    ),
}


def write(folder: Path) -> None:
    """Writes each example into a folder of its own, with the rules beside it."""
    for name, (_, text) in EXAMPLES.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "alertmanager.yml").write_text(text)
        (folder / name / "rules.yml").write_text(RULES)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
