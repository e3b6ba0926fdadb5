from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alertrelay.alert import Integration
from alertrelay.channels.email import EmailSettings
from alertrelay.channels.pagerduty import PagerDutySettings
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.sns import SnsSettings
from alertrelay.channels.webhook import WebhookSettings
from alertrelay.config.channel import Settings

from compiler.reading.finding import Finding

if TYPE_CHECKING:
    from tests.compiler.conftest import Read

SECRET = "0123456789abcdef0123456789abcdef"
SMTP = "global: {smtp_from: relay@example.com, smtp_smarthost: 'smtp.example.com:587'}\n"


def _text(configs: str, global_: str = "") -> str:
    return f"{global_}route: {{receiver: r}}\nreceivers:\n  - name: r\n    {configs}\n"


def _settings(read_config: Read, text: str, transport: str = "smtp") -> Settings:
    parsed, findings = read_config(text, transport)
    assert not [f for f in findings if f.severity == "error"], findings
    assert parsed is not None
    (target,) = parsed.receivers[0].targets
    return target.settings


def _found(read_config: Read, text: str, severity: str = "error") -> list[Finding]:
    return [f for f in read_config(text)[1] if f.severity == severity]


def test_a_file_key_names_a_key_of_the_secret_by_its_last_segment(read_config: Read) -> None:
    text = _text("pagerduty_configs: [{routing_key_file: /etc/alertmanager/secrets/pagerduty_key}]")
    assert _settings(read_config, text) == PagerDutySettings(
        routing_key="pagerduty_key",
        url="https://events.pagerduty.com/v2/enqueue",
        client="alertrelay",
        client_url="",
    )


def test_pagerduty_s_eu_host_comes_from_the_integration_or_from_global(read_config: Read) -> None:
    eu = "https://events.eu.pagerduty.com/v2/enqueue"
    own = _text(f"pagerduty_configs: [{{routing_key_file: /s/k, url: '{eu}'}}]")
    shared = _text("pagerduty_configs: [{routing_key_file: /s/k}]", f"global: {{pagerduty_url: '{eu}'}}\n")
    for text in (own, shared):
        settings = _settings(read_config, text)
        assert isinstance(settings, PagerDutySettings)
        assert settings.url == eu


def test_slack_by_webhook(read_config: Read) -> None:
    expected = SlackSettings(mode="incoming", key="hook", url="", channel="#a")
    assert _settings(read_config, _text("slack_configs: [{api_url_file: /s/hook, channel: '#a'}]")) == expected
    text = _text("slack_configs: [{channel: '#a'}]", "global: {slack_api_url_file: /s/hook}\n")
    assert _settings(read_config, text) == expected


BOT = "http_config: {authorization: {credentials_file: /s/token}}"


@pytest.mark.parametrize(
    ("configs", "global_"),
    [
        (f"slack_configs: [{{api_url: 'https://slack.com/api/chat.postMessage', channel: '#a', {BOT}}}]", ""),
        (
            f"slack_configs: [{{channel: '#a', {BOT}}}]",
            "global: {slack_api_url: 'https://slack.com/api/chat.postMessage'}\n",
        ),
        ("slack_configs: [{app_token_file: /s/token, channel: '#a'}]", ""),
        ("slack_configs: [{channel: '#a'}]", "global: {slack_app_token_file: /s/token}\n"),
    ],
)
def test_slack_by_bot_token(configs: str, global_: str, read_config: Read) -> None:
    assert _settings(read_config, _text(configs, global_)) == SlackSettings(
        mode="bot", key="token", url="https://slack.com/api/chat.postMessage", channel="#a"
    )


def test_a_bot_needs_a_token_and_without_a_channel_it_reaches_nobody(read_config: Read) -> None:
    post = "slack_configs: [{api_url: 'https://slack.com/api/chat.postMessage', send_resolved: true, "
    (found,) = _found(read_config, _text(f"{post}channel: '#a'}}]"))
    assert (found.code, found.key) == ("missing-secret", "receivers[0].slack_configs[0].http_config")
    without = _text(f"{post}{BOT}}}]")
    assert _found(read_config, without) == []
    (found,) = _found(read_config, without, "warning")
    assert (found.code, found.key) == ("missing-key", "receivers[0].slack_configs[0].channel")


def test_what_amtool_takes_twice_or_thrice_is_taken_once(read_config: Read) -> None:
    arn = "arn:aws:sns:eu-west-1:111122223333:team"
    text = _text(f"sns_configs: [{{topic_arn: '{arn}', phone_number: '+15555550100', target_arn: '{arn}'}}]")
    text = text.replace("{receiver: r", "{receiver: r, group_by: ['...', '...']", 1)
    assert _found(read_config, text) == []
    (found,) = _found(read_config, text, "warning")
    assert (found.code, found.key) == ("not-obeyed", "receivers[0].sns_configs[0]")
    settings = _settings(read_config, text)
    assert (settings.topic_arn, settings.phone_number, settings.target_arn) == (arn, "", "")  # type: ignore[attr-defined]


def test_email_takes_what_it_lacks_from_global(read_config: Read) -> None:
    global_ = (
        "global: {smtp_from: relay@example.com, smtp_smarthost: 'smtp.example.com:587', smtp_auth_username: u,"
        " smtp_auth_password_file: /s/smtp_password, smtp_hello: relay.example.com, smtp_require_tls: false}\n"
    )
    text = _text("email_configs: [{to: 'a@example.com, Ops <b@example.com>'}]", global_)
    assert _settings(read_config, text) == EmailSettings(
        to=("a@example.com", "Ops <b@example.com>"),
        sender="relay@example.com",
        transport="smtp",
        smarthost="smtp.example.com:587",
        hello="relay.example.com",
        username="u",
        password="smtp_password",
        require_tls=False,
    )


def test_email_by_ses_needs_no_smarthost(read_config: Read) -> None:
    text = _text("email_configs: [{to: a@example.com}]", "global: {smtp_from: relay@example.com}\n")
    settings = _settings(read_config, text, transport="ses")
    assert isinstance(settings, EmailSettings)
    assert (settings.transport, settings.smarthost) == ("ses", "")


AMAZON_Q = "attributes: {alertrelay-format: amazon-q}"


def test_sns_to_amazon_q(read_config: Read) -> None:
    arn = "arn:aws:sns:eu-west-1:111122223333:team-topic"
    text = _text(f"sns_configs: [{{topic_arn: '{arn}', {AMAZON_Q}}}]")
    settings = _settings(read_config, text)
    assert settings == SnsSettings(topic_arn=arn, phone_number="", target_arn="", amazon_q=True)
    _, findings = read_config(text)
    assert [f.code for f in findings if f.code == "own-rendering"] == []


@pytest.mark.parametrize(
    "entry",
    [
        f"{{phone_number: '+15555550100', {AMAZON_Q}}}",
        f"{{target_arn: 'arn:aws:sns:eu-west-1:111122223333:endpoint/GCM/a/b', {AMAZON_Q}}}",
        "{topic_arn: 'arn:aws:sns:eu-west-1:111122223333:t', attributes: {alertrelay-format: amazonq}}",
    ],
)
def test_amazon_q_reads_topics_alone_and_by_its_one_name(read_config: Read, entry: str) -> None:
    _, findings = read_config(_text(f"sns_configs: [{entry}]"))
    assert [(f.severity, f.code) for f in findings if f.code == "bad-value"] == [("error", "bad-value")]


def test_sns_to_a_phone_and_to_a_topic(read_config: Read) -> None:
    phone = _settings(read_config, _text("sns_configs: [{phone_number: '+15555550100'}]"))
    assert phone == SnsSettings(topic_arn="", phone_number="+15555550100", target_arn="")
    arn = "arn:aws:sns:eu-west-1:111122223333:team-topic"
    topic = _settings(read_config, _text(f"sns_configs: [{{topic_arn: '{arn}', sigv4: {{region: eu-west-1}}}}]"))
    assert topic == SnsSettings(topic_arn=arn, phone_number="", target_arn="")


def test_a_webhook_by_file_and_inline_with_a_warning(read_config: Read) -> None:
    by_file = _settings(read_config, _text("webhook_configs: [{url_file: /s/hook, max_alerts: 5}]"))
    assert by_file == WebhookSettings(url="", url_key="hook", max_alerts=5)
    inline = _text("webhook_configs: [{url: 'https://hooks.example.com/x'}]")
    assert _settings(read_config, inline) == WebhookSettings(
        url="https://hooks.example.com/x", url_key="", max_alerts=0
    )
    assert [f.code for f in _found(read_config, inline, "warning")] == ["inline-url"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://relay:FAKE-pw@hooks.example.com/x", ("error", "inline-secret", "'url' holds a password")),
        ("https://FAKE-token@hooks.example.com/x", ("error", "inline-secret", "'url' holds a password")),
        ("https://hooks.example.com/x?sig=FAKE1234", ("warning", "inline-url", "looks like a token")),
        ("https://hooks.example.com/b07e7e49-d7de-4223-b37a-000000000000", ("warning", "inline-url", "like a token")),
        ("https://hooks.example.com/critical-alerts-of-the-platform", ("warning", "inline-url", "address stands")),
        ("http://hooks.example.com:9094/v2?team=checkout", ("warning", "inline-url", "address stands")),
    ],
)
def test_an_address_is_judged_by_what_it_holds_and_is_not_shown(
    url: str, found: tuple[str, str, str], read_config: Read
) -> None:
    _, findings = read_config(_text(f"webhook_configs: [{{url: '{url}'}}]"))
    (one,) = [one for one in findings if one.code in ("inline-url", "inline-secret")]
    assert (one.severity, one.code) == found[:2]
    assert found[2] in one.message
    assert "FAKE" not in str(one)


def test_integrations_are_numbered_within_their_kind(read_config: Read) -> None:
    parsed, _ = read_config(
        _text("slack_configs: [{api_url_file: /s/a}, {api_url_file: /s/b}]\n    webhook_configs: [{url_file: /s/c}]")
    )
    assert parsed is not None
    assert [t.integration for t in parsed.receivers[0].targets] == [
        Integration(receiver="r", channel="slack", index=0),
        Integration(receiver="r", channel="slack", index=1),
        Integration(receiver="r", channel="webhook", index=0),
    ]


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        ("pagerduty_configs: [{routing_key_file: /s/k}]", True),
        ("sns_configs: [{phone_number: '+15555550100'}]", True),
        ("webhook_configs: [{url_file: /s/k}]", True),
        ("slack_configs: [{api_url_file: /s/k}]", False),
        ("email_configs: [{to: a@example.com}]", False),
    ],
)
def test_send_resolved_has_alertmanager_s_defaults_and_false_is_warned_of(
    kind: str, default: bool, read_config: Read
) -> None:
    parsed, findings = read_config(_text(kind, SMTP))
    assert parsed is not None
    assert parsed.receivers[0].targets[0].send_resolved is default
    assert ("send-resolved" in [f.code for f in findings]) is not default


@pytest.mark.parametrize(
    ("configs", "mend"),
    [
        (f"pagerduty_configs: [{{routing_key: {SECRET}}}]", "routing_key_file"),
        (f"slack_configs: [{{api_url: 'https://hooks.slack.com/services/T/B/{SECRET}'}}]", "api_url_file"),
        (f"slack_configs: [{{app_token: {SECRET}, channel: c}}]", "app_token_file"),
        (f"email_configs: [{{to: a@example.com, auth_password: {SECRET}}}]", "auth_password_file"),
        (f"sns_configs: [{{phone_number: '+15555550100', sigv4: {{secret_key: {SECRET}}}}}]", "own role"),
        (
            "slack_configs: [{api_url: 'https://slack.com/api/chat.postMessage', channel: c,"
            f" http_config: {{authorization: {{credentials: {SECRET}}}}}}}]",
            "credentials_file",
        ),
        (f"webhook_configs: [{{url_file: /s/k, http_config: {{bearer_token: {SECRET}}}}}]", "bearer_token_file"),
        (
            f"webhook_configs: [{{url_file: /s/k, http_config: {{basic_auth: {{username: u, password: {SECRET}}}}}}}]",
            "password_file",
        ),
    ],
)
def test_a_secret_in_plain_text_is_refused_with_the_key_to_use_and_never_shown(
    configs: str, mend: str, read_config: Read
) -> None:
    findings = read_config(_text(configs, SMTP))[1]
    assert [f for f in findings if f.code == "inline-secret" and f.severity == "error" and mend in f.mend]
    assert SECRET not in "".join(map(str, findings))


@pytest.mark.parametrize(
    "key", ["smtp_auth_password", "slack_api_url", "opsgenie_api_key", "telegram_bot_token", "slack_app_token"]
)
def test_a_secret_in_global_is_refused(key: str, read_config: Read) -> None:
    text = _text("{}", f"global: {{{key}: 'https://example.com/{SECRET}'}}\n").replace("    {}\n", "")
    (found,) = _found(read_config, text)
    assert (found.code, found.key) == ("inline-secret", f"global.{key}")
    assert f"{key}_file" in found.mend
    assert SECRET not in str(found)


def test_two_paths_with_one_last_segment_are_refused_and_one_path_twice_is_not(read_config: Read) -> None:
    two = _text("pagerduty_configs: [{routing_key_file: /a/key}, {routing_key_file: /b/key}]")
    (found,) = _found(read_config, two)
    assert (found.code, found.key) == ("secret-name-clash", "receivers[0].pagerduty_configs[1].routing_key_file")
    same = _text("pagerduty_configs: [{routing_key_file: /a/key}, {routing_key_file: /a/./key}]")
    assert _found(read_config, same) == []


@pytest.mark.parametrize("path", ["/etc/secrets/", "/etc/se crets/k k", "/"])
def test_a_path_that_names_no_key_is_refused(path: str, read_config: Read) -> None:
    (found,) = _found(read_config, _text(f"pagerduty_configs: [{{routing_key_file: '{path}'}}]"))
    assert found.code == "bad-secret-path"


@pytest.mark.parametrize(
    ("configs", "code", "key"),
    [
        ("slack_configs: [{api_url_file: /s/k, channel: '{{ .x }}'}]", "template", "slack_configs[0].channel"),
        ("email_configs: [{to: '{{ .x }}'}]", "template", "email_configs[0].to"),
        ("sns_configs: [{topic_arn: '{{ .x }}'}]", "template", "sns_configs[0].topic_arn"),
        ("webhook_configs: [{url: 'https://x.example/{{ .x }}'}]", "template", "webhook_configs[0].url"),
        ("pagerduty_configs: [{routing_key_file: '/s/{{ .x }}'}]", "template", "pagerduty_configs[0].routing_key_file"),
        ("sns_configs: [{topic_arn: alerts}]", "bad-address", "sns_configs[0].topic_arn"),
        ("sns_configs: [{phone_number: '555'}]", "bad-address", "sns_configs[0].phone_number"),
        ("sns_configs: [{phone_number: '+15555550100', target_arn: x}]", "one-of", "sns_configs[0]"),
        (
            "sns_configs: [{topic_arn: 'arn:aws:sns:eu-west-1:111122223333:alertrelay-prod-critical'}]",
            "loop",
            "sns_configs[0].topic_arn",
        ),
        ("email_configs: [{to: 'nobody'}]", "bad-address", "email_configs[0].to"),
        ('email_configs: [{to: "a@example.com\\r\\nBcc: b@example.com"}]', "bad-address", "email_configs[0].to"),
        ("email_configs: [{to: a@example.com, smarthost: mail}]", "bad-value", "email_configs[0].smarthost"),
        ("email_configs: [{to: a@example.com, smarthost: 'mail:99999'}]", "bad-address", "email_configs[0].smarthost"),
        (
            "email_configs: [{to: a@example.com, auth_secret_file: /s/k}]",
            "unsupported",
            "email_configs[0].auth_secret_file",
        ),
        ("pagerduty_configs: [{routing_key_file: /s/k, url: 'ftp://x'}]", "bad-value", "pagerduty_configs[0].url"),
        ("pagerduty_configs: [{routing_key_file: /s/k, url: 'http://[x'}]", "bad-value", "pagerduty_configs[0].url"),
        ("wechat_configs: [{api_secret_file: /s/k}]", "unsupported-receiver", "wechat_configs"),
        ("slack_configs: [{api_url_file: /s/k, chanel: x}]", "unknown-key", "slack_configs[0].chanel"),
        ("slack_configs: [{api_url_file: [x]}]", "wrong-type", "slack_configs[0].api_url_file"),
        ("slack_configs: [x]", "wrong-type", "slack_configs[0]"),
        ("slack_configs: [{api_url_file: ''}]", "missing-key", "slack_configs[0].api_url_file"),
        ("pagerduty_configs: [{routing_key_file: ''}]", "missing-key", "pagerduty_configs[0].routing_key_file"),
        ("email_configs: [{to: ''}]", "missing-key", "email_configs[0].to"),
        ("slack_configs: [{api_url_file: /s/k, fields: {a: b}}]", "wrong-type", "slack_configs[0].fields"),
        ("slack_configs: [{api_url_file: /s/k, short_fields: x}]", "wrong-type", "slack_configs[0].short_fields"),
        ("email_configs: [{to: a@example.com, headers: [x]}]", "wrong-type", "email_configs[0].headers"),
        ("webhook_configs: [{url_file: /s/k, timeout: soon}]", "bad-duration", "webhook_configs[0].timeout"),
        ("webhook_configs: [{url_file: /s/k, max_alerts: -1}]", "out-of-range", "webhook_configs[0].max_alerts"),
        ("webhook_configs: [{url_file: /s/k, max_alerts: many}]", "wrong-type", "webhook_configs[0].max_alerts"),
        (
            "slack_configs: [{api_url_file: /s/k, send_resolved: perhaps}]",
            "wrong-type",
            "slack_configs[0].send_resolved",
        ),
    ],
)
def test_what_cannot_be_deployed_is_an_error_at_its_key(configs: str, code: str, key: str, read_config: Read) -> None:
    findings = _found(read_config, _text(configs, SMTP))
    assert (code, f"receivers[0].{key}") in [(f.code, f.key) for f in findings]
    assert all(f.line > 0 for f in findings)


def test_a_misspelt_key_is_met_with_the_right_one(read_config: Read) -> None:
    (found,) = _found(read_config, _text("slack_configs: [{api_url_file: /s/k, chanel: x}]"))
    assert found.mend == "did you mean 'channel'?"


def test_templates_in_texts_and_settings_are_accepted_without_a_warning(read_config: Read) -> None:
    text = _text(
        "pagerduty_configs: [{routing_key_file: /s/k, description: '{{ .Status }}', "
        "details: {a: '{{ .Status }}', b: c}, client: '{{ .Receiver }}', "
        "severity: '{{ .CommonLabels.severity }}', group: g}]"
    )
    assert _found(read_config, text) == []
    assert _found(read_config, text, "warning") == []
    settings = _settings(read_config, text)
    assert isinstance(settings, PagerDutySettings)
    assert (settings.client, settings.severity, settings.group, settings.details) == ("alertrelay", "", "g", {"b": "c"})


@pytest.mark.parametrize(
    ("configs", "key"),
    [
        (
            "email_configs: [{to: a@example.com, tls_config: {insecure_skip_verify: true}}]",
            "email_configs[0].tls_config",
        ),
        ("webhook_configs: [{url_file: /s/k, timeout: 5s}]", "webhook_configs[0].timeout"),
        ("sns_configs: [{phone_number: '+15555550100', sigv4: {profile: x}}]", "sns_configs[0].sigv4"),
        (
            "slack_configs: [{api_url_file: /s/k, http_config: {proxy_url: x}}]",
            "slack_configs[0].http_config.proxy_url",
        ),
    ],
)
def test_what_is_known_and_not_obeyed_is_a_warning(configs: str, key: str, read_config: Read) -> None:
    warnings = _found(read_config, _text(configs, SMTP), "warning")
    assert ("not-obeyed", f"receivers[0].{key}") in [(f.code, f.key) for f in warnings]


def test_a_role_of_another_account_is_refused_with_what_the_topic_has_to_allow(read_config: Read) -> None:
    topic = "arn:aws:sns:eu-west-1:444455556666:team"
    sigv4 = "{region: eu-west-1, role_arn: 'arn:aws:iam::444455556666:role/publisher'}"
    text = _text(f"sns_configs: [{{topic_arn: '{topic}', sigv4: {sigv4}}}]")
    (found,) = [one for one in _found(read_config, text) if one.code == "unsupported"]
    assert found.key == "receivers[0].sns_configs[0].sigv4.role_arn"
    assert "does not assume arn:aws:iam::444455556666:role/publisher" in found.message
    assert f"Action: sns:Publish, Resource: {topic}" in found.mend
