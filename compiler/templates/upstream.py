"""Defines what Alertmanager's own templates show, for texts that call them by name.

Written anew from what they print (tests/templates holds them against amtool); none of upstream's text stands here.
`email.default.html` is a plain list: where a text is nothing but that, alertrelay's own mail stands in its place.
"""

from __future__ import annotations

_SUBJECT = (
    '{{ printf "[%s" (toUpper .Status) }}{{ if eq .Status "firing" }}{{ printf ":%d" (len .Alerts.Firing) }}{{ end }}] '
    '{{ join " " .GroupLabels.Values }} {{ if gt (len .CommonLabels) (len .GroupLabels) }}'
    '({{ $rest := .CommonLabels.Remove .GroupLabels.Names }}{{ join " " $rest.Values }}){{ end }}'
)
_PAIRS = '{{ range .%s.SortedPairs }}{{ printf " - %%s = %%s\\n" .Name .Value }}{{ end }}'
_LIST = (
    r'{{ range . }}{{ print "Labels:\n" }}'
    + _PAIRS % "Labels"
    + r'{{ print "Annotations:\n" }}'
    + _PAIRS % "Annotations"
    + r'{{ printf "Source: %s\n" .GeneratorURL }}{{ end }}'
)
_BOTH = """{{ with .Alerts.Firing }}%(before)sAlerts Firing:
{{ template "__text_alert_list" . }}%(after)s{{ end }}
{{ with .Alerts.Resolved }}%(before)sAlerts Resolved:
{{ template "__text_alert_list" . }}%(after)s{{ end }}"""
_TIGHT = _BOTH % {"before": "", "after": ""}
_LOOSE = _BOTH % {"before": "\n", "after": "\n"} + "\n"
_ANNOTATIONS = '{{ join " " .CommonAnnotations.Values }}\n'
_CALL = '{{ template "%s" . }}'


def _named(names: str, body: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), body)


_DEFINED = {
    "__alertmanager": "Alertmanager",
    "__alertmanagerURL": "{{ .ExternalURL }}/#/alerts?receiver={{ urlquery .Receiver }}",
    "__subject": _SUBJECT,
    "__text_alert_list": _LIST,
    **_named(
        "slack.default.title pagerduty.default.description opsgenie.default.message pushover.default.title "
        "victorops.default.entity_display_name sns.default.subject discord.default.title email.default.subject "
        "msteams.default.title msteams.default.summary msteamsv2.default.title jira.default.summary "
        "rocketchat.default.title",
        _CALL % "__subject",
    ),
    **_named(
        "slack.default.username pagerduty.default.client victorops.default.monitoring_tool rocketchat.default.alias",
        _CALL % "__alertmanager",
    ),
    **_named(
        "slack.default.titlelink pagerduty.default.clientURL opsgenie.default.source pushover.default.url "
        "rocketchat.default.titlelink",
        _CALL % "__alertmanagerURL",
    ),
    "slack.default.fallback": f"{_CALL % 'slack.default.title'} | {_CALL % 'slack.default.titlelink'}",
    **_named(
        "__description slack.default.callbackid slack.default.pretext slack.default.iconemoji slack.default.iconurl "
        "slack.default.text slack.default.footer discord.default.content rocketchat.default.text "
        "rocketchat.default.emoji rocketchat.default.iconurl wechat.default.to_user wechat.default.to_party "
        "wechat.default.to_tag wechat.default.agent_id",
        "",
    ),
    "email.default.html": (
        f"<h2>{_CALL % '__subject'}</h2>"
        "{{ range .Alerts }}<p><b>{{ .Labels.alertname }}</b> ({{ .Status }}, {{ .StartsAt }})<br>"
        "{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}"
        "{{ range .Annotations.SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}"
        '<a href="{{ .GeneratorURL }}">Source</a></p>{{ end }}'
    ),
    "pagerduty.default.instances": _CALL % "__text_alert_list",
    **_named("opsgenie.default.description victorops.default.state_message", _ANNOTATIONS + _TIGHT),
    **_named("pushover.default.message sns.default.message webex.default.message", _ANNOTATIONS + _LOOSE),
    **_named("telegram.default.message discord.default.message", "\n" + _LOOSE),
    "wechat.default.message": (
        f"{_CALL % '__subject'}\n{_ANNOTATIONS}{_TIGHT}\nAlertmanagerUrl:\n{_CALL % '__alertmanagerURL'}"
    ),
}
SOURCE = "".join(f'{{{{ define "{name}" }}}}{body}{{{{ end }}}}' for name, body in _DEFINED.items())
"""The text of all of them."""
