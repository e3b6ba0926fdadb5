"""`check --live` tries each service: over real sockets on loopback, and nothing that is sent notifies anybody."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alertrelay.config.channel import HttpAuth
from alertrelay.config.escalation import Tier
from botocore.exceptions import ClientError

from cli.live import deployed_values
from cli.probes import aws, mail, run, sources
from cli.probes import http as asking
from cli.probes.channels import probe_of
from cli.probes.row import LiveRow, LiveTry, NotTaken
from cli.probes.secret import Values, value_of
from compiler.load import load
from compiler.resources.sources import Source
from local.standins.board import Board, Fault
from local.standins.email import SmtpListener
from tests.cli.aws import outputs_client
from tests.differential.alertmanager import started
from tests.example import CONFIG

VALUES = {"key": "FAKE-key", "other": "FAKE-other"}


@dataclass
class Service:
    """Answers by path with a status and a body, and keeps what came."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    came: list[tuple[str, str, bytes]] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[Service]:
    state = Service()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.came.append((self.command, self.path, body))
            status, said = state.answers.get(self.path, (404, "not found"))
            text = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def settings(service: Service, **more: Any) -> Any:
    given: dict[str, Any] = {
        "key": "key",
        "url": service.url,
        "key_name": "key",
        "service_key": "",
        "auth": HttpAuth(key="key"),
    }
    return SimpleNamespace(**{**given, "api_key": "key", "bot_token": "key", "routing_key": "key", **more})


OK = [
    (
        "slack",
        {"mode": "bot", "url": "{}/api/chat.postMessage"},
        {"/api/auth.test": (200, {"ok": True, "user": "relay"})},
    ),
    ("pagerduty", {}, {"/": (202, {"status": "success"})}),
    ("opsgenie", {}, {"/v2/alerts?limit=1": (200, {})}),
    ("opsgenie", {}, {"/v2/alerts?limit=1": (403, {})}),
    (
        "telegram",
        {"chat_id": "1", "chat_id_key": ""},
        {"/botFAKE-key/getMe": (200, {"ok": True}), "/botFAKE-key/getChat": (200, {"ok": True})},
    ),
    ("webex", {"url": "{}/messages"}, {"/people/me": (200, {})}),
    ("jira", {"project": "OPS"}, {"/myself": (200, {}), "/project/OPS": (200, {})}),
    ("rocketchat", {"token": "key", "token_id": "other"}, {"/api/v1/me": (200, {})}),
    ("webhook", {"url_key": ""}, {}),
]
FAULTS = [
    (
        "slack",
        {"mode": "bot", "url": "{}/api/chat.postMessage"},
        {"/api/auth.test": (200, {"ok": False, "error": "invalid_auth"})},
        "not authorised",
        "invalid_auth",
    ),
    ("pagerduty", {}, {"/": (400, "Invalid routing key")}, "not authorised", "routing key"),
    ("pagerduty", {}, {"/": (429, "")}, "not tried", "too many"),
    ("opsgenie", {}, {"/v2/alerts?limit=1": (401, {})}, "not authorised", "401"),
    (
        "telegram",
        {"chat_id": "1", "chat_id_key": ""},
        {"/botFAKE-key/getMe": (200, {"ok": True}), "/botFAKE-key/getChat": (400, {"ok": False})},
        "refused",
        "chat",
    ),
    ("jira", {"project": "OPS"}, {"/myself": (200, {})}, "refused", "404"),
    ("webex", {"url": "{}/messages", "auth": HttpAuth(key="lacking")}, {}, "not tried", "lacking"),
    ("webhook", {"url_key": "", "url": "nonsense"}, {}, "refused", "no address"),
    ("webhook", {"url_key": "", "url": "http://127.0.0.1:1/x"}, {}, "not reached", "cannot be reached"),
]


@pytest.mark.parametrize(("kind", "more", "answers"), OK)
def test_a_service_that_takes_the_key_is_ok(service: Service, kind: str, more: Any, answers: Any) -> None:
    service.answers = answers
    text = probe_of(kind)(settings(service, **{k: _at(v, service) for k, v in more.items()}), VALUES)
    assert text
    assert "FAKE" not in text


@pytest.mark.parametrize(("kind", "more", "answers", "outcome", "said"), FAULTS)
def test_a_fault_has_its_outcome_and_mend_and_no_secret(
    service: Service, kind: str, more: Any, answers: Any, outcome: str, said: str
) -> None:
    service.answers = answers
    with pytest.raises(NotTaken) as caught:
        probe_of(kind)(settings(service, **{k: _at(v, service) for k, v in more.items()}), VALUES)
    assert (caught.value.outcome, said in caught.value.text) == (outcome, True)
    assert caught.value.mend
    assert "FAKE" not in caught.value.text + caught.value.mend


def _at(value: Any, service: Service) -> Any:
    return value.format(service.url) if isinstance(value, str) and "{}" in value else value


def test_a_webhook_of_slack_is_sent_no_text_and_pagerduty_no_trigger(service: Service) -> None:
    service.answers = {"/services/T/B/X": (400, "no_text"), "/": (202, {"status": "success"})}
    url = f"{service.url}/services/T/B/X"
    assert probe_of("slack")(settings(service, mode="incoming"), {"key": url}) == "the webhook lives"
    probe_of("pagerduty")(settings(service), VALUES)
    slack, pagerduty = (json.loads(body) for _, _, body in service.came)
    assert slack == {}
    assert pagerduty["event_action"] == "resolve"


def test_a_dead_webhook_of_slack_is_named(service: Service) -> None:
    service.answers = {"/services/T/B/X": (404, "no_service")}
    with pytest.raises(NotTaken, match="404"):
        probe_of("slack")(settings(service, mode="incoming"), {"key": f"{service.url}/services/T/B/X"})


def _smtp(port: int, **more: Any) -> Any:
    given = {"smarthost": f"127.0.0.1:{port}", "hello": "relay.invalid", "sender": "Relay <relay@example.com>"}
    rest = {"username": "relay", "password": "key", "require_tls": False, "implicit_tls": "by port"}
    return SimpleNamespace(**{**given, **rest, "addresses": ("oncall@example.com",), **more})


@pytest.mark.filterwarnings("ignore")
def test_a_mail_server_is_asked_up_to_its_recipients_and_gets_no_mail() -> None:
    board = Board(lambda: datetime.now(UTC))
    listener = SmtpListener(board, passwords={"relay": "FAKE-key"})
    listener.start()
    try:
        assert "oncall@example.com" in mail.smtp(_smtp(listener.port), VALUES)
        with pytest.raises(NotTaken) as wrong:
            mail.smtp(_smtp(listener.port), {"key": "FAKE-wrong"})
        assert wrong.value.outcome == "not authorised"
        with pytest.raises(NotTaken, match="STARTTLS"):
            mail.smtp(_smtp(listener.port, require_tls=True), VALUES)
        board.fail("email", Fault(kind="status", status=550), token="", times=None)
        with pytest.raises(NotTaken) as refused:
            mail.smtp(_smtp(listener.port), VALUES)
        assert refused.value.outcome == "refused"
        assert not [one for one in board.requests if one.taken]
    finally:
        listener.stop()
    with pytest.raises(NotTaken) as away:
        mail.smtp(_smtp(1), VALUES)
    assert away.value.outcome == "not reached"


@pytest.mark.needs_tool("prometheus-alertmanager")
def test_a_real_alertmanager_is_known_by_its_status(tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: a}\nreceivers: [{name: a}]\n")
    process, url = started(tmp_path)
    with process:
        try:
            assert sources.alertmanager(url, "", {}).startswith("Alertmanager 0.")
        finally:
            process.kill()


def test_a_prometheus_that_does_not_post_to_the_intake_is_named(service: Service) -> None:
    active = [{"url": "https://intake.example.com/api/v2/alerts"}]
    service.answers = {
        "/api/v1/status/buildinfo": (200, {"data": {"version": "2.42.0"}}),
        "/api/v1/alertmanagers": (200, {"data": {"activeAlertmanagers": active}}),
    }
    assert "posts to the intake" in sources.prometheus(service.url, "", "https://intake.example.com/", {})
    with pytest.raises(NotTaken, match="does not post"):
        sources.prometheus(service.url, "", "https://other.example.com/", {})
    service.answers["/api/v2/status"] = (200, "<html>")
    with pytest.raises(NotTaken, match="not as Alertmanager"):
        sources.alertmanager(service.url, "", {})


def test_grafana_is_asked_by_the_token_that_annotates(service: Service) -> None:
    service.answers = {"/api/annotations?limit=1": (200, "[]")}
    assert "reads annotations" in sources.grafana(service.url, "key", VALUES)
    service.answers = {"/api/annotations?limit=1": (200, "<html>")}
    with pytest.raises(NotTaken, match="not as Grafana"):
        sources.grafana(service.url, "key", VALUES)
    service.answers = {"/api/annotations?limit=1": (401, "{}")}
    with pytest.raises(NotTaken, match="401"):
        sources.grafana(service.url, "key", VALUES)


class Ses:
    """Knows which identities are verified."""

    def __init__(self, *verified: str, sandbox: bool = False) -> None:
        self.verified, self.sandbox = verified, sandbox

    def get_email_identity(self, EmailIdentity: str) -> Any:  # noqa: N803 - botocore's name
        if EmailIdentity in self.verified:
            return {"VerifiedForSendingStatus": True}
        raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")

    def get_account(self) -> Any:
        return {"SendingEnabled": True, "ProductionAccessEnabled": not self.sandbox}


@pytest.mark.parametrize(
    ("ses", "said"),
    [(Ses("example.com"), ""), (Ses(), "verified identity"), (Ses("relay@example.com", sandbox=True), "sandbox")],
)
def test_ses_knows_its_sender(ses: Ses, said: str) -> None:
    if not said:
        assert aws.ses(_smtp(1), lambda _: ses) == "relay@example.com is verified"
        return
    with pytest.raises(NotTaken, match=said):
        aws.ses(_smtp(1), lambda _: ses)


def test_one_key_at_one_service_is_one_try_and_a_hang_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(run, "WITHIN", 0.05)

    def fails() -> str:
        raise NotTaken("not authorised", "Slack answered invalid_auth", "a new token")

    probes = [
        LiveTry(what="Slack", who="a/slack[0]", same=("slack", "key"), run=fails),
        LiveTry(what="Slack", who="b/slack[0]", same=("slack", "key"), run=fails),
        LiveTry(what="PagerDuty", who="c", same=("pagerduty",), run=lambda: str(ended.wait(5))),
        LiveTry(what="Jira", who="d", same=("jira",), run=lambda: "ok then"),
    ]
    try:
        rows = run.tried(probes)
    finally:
        ended.set()
    assert [(row.who, row.outcome) for row in rows] == [
        ("a/slack[0], b/slack[0]", "not authorised"),
        ("c", "not reached"),
        ("d", "ok"),
    ]
    found = run.findings(rows, stack="alertrelay-prod")
    assert [(one.code, one.severity) for one in found] == [
        ("not-authorised", "error"),
        ("not-reached", "error"),
        ("tried", "info"),
    ]
    assert run.table(rows)[0].split() == ["SERVICE", "OUTCOME", "USED", "BY", "ANSWER"]


def test_the_example_s_receivers_are_all_tried() -> None:
    config = load(CONFIG, "prod").config
    assert config is not None
    probes = run.of_receivers(config, {}, lambda _: None)
    assert len(probes) == sum(len(receiver.targets) for receiver in config.receivers)
    assert {row.outcome for row in run.tried([one for one in probes if one.what != "SNS"])} == {"not tried"}


def test_without_the_secret_each_try_that_needs_it_is_named_and_the_others_run(service: Service) -> None:
    config = load(CONFIG, "prod").config
    assert config is not None
    aws_denies = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")
    secret = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": ""})
    stack = outputs_client(SecretArn="arn:s", IntakeUrl="https://relay.test/")

    def client(name: str) -> Any:
        return secret if name == "secretsmanager" else stack(name)

    _, values = deployed_values("prod", client)
    assert value_refused(values) == "it needs key of the secret: the secret is not a JSON object of keys"
    secret.get_secret_value = _raising(aws_denies)
    intake, values = deployed_values("prod", client)
    assert intake == "https://relay.test/"
    assert "GetSecretValue is not allowed (AccessDeniedException)" in value_refused(values)
    service.answers = {
        "/api/v1/status/buildinfo": (200, {"data": {"version": "3.0.0"}}),
        "/api/v1/alertmanagers": (200, {"data": {"activeAlertmanagers": [{"url": "https://relay.test/x"}]}}),
    }
    named = [
        Source(kind="prometheus", url=service.url, token_key=""),
        Source(kind="alertmanager", url=service.url, token_key="am"),
    ]
    open_, closed = run.tried(run.of_sources(named, intake, values))
    assert (open_.outcome, open_.text) == ("ok", "Prometheus 3.0.0, which posts to the intake")
    assert (closed.outcome, closed.what) == ("not tried", "Alertmanager")
    tier = Tier(number=2, after=900.0, receivers=("slack-critical",))
    rows = [LiveRow(what="Slack", who="slack-critical/slack/0", outcome="not tried", text="")]
    assert [row.outcome for row in run.of_tiers(replace(config, escalation=(tier,)), rows)] == ["not tried"]


def value_refused(values: Values) -> str:
    with pytest.raises(NotTaken) as refused:
        value_of(values, "key")
    assert refused.value.outcome == "not tried"
    return refused.value.text


def _raising(error: Exception) -> Any:
    def fails(**_: Any) -> None:
        raise error

    return fails


def test_a_tier_of_which_no_contact_answers_is_a_row_of_its_own() -> None:
    config = load(CONFIG, "prod").config
    assert config is not None
    names = ("slack-critical", "sms-oncall")
    tiers = tuple(Tier(number=number, after=900.0, receivers=(name,)) for number, name in enumerate(names, 2))
    rows = [
        LiveRow(what="Slack", who="slack-critical/slack/0", outcome="ok", text="the webhook lives"),
        LiveRow(what="SNS", who="sms-oncall/sns/0", outcome="refused", text="there is no topic"),
    ]
    found = run.of_tiers(replace(config, escalation=tiers), rows)
    assert [(row.what, row.outcome) for row in found] == [("tier 2", "ok"), ("tier 3", "not reached")]
    assert found[1].mend


def test_the_row_of_a_tier_counts_its_integrations_and_its_contacts_apart() -> None:
    config = load(CONFIG, "prod").config
    assert config is not None
    second = Tier(number=2, after=900.0, receivers=("slack-critical",), contacts=("S0789JKLM", "@here"))
    third = Tier(number=3, after=1800.0, receivers=("slack-critical", "sms-oncall"))
    rows = [LiveRow(what="any", who="slack-critical/slack/0, sms-oncall/sns/0", outcome="not tried", text="")]
    assert [row.text for row in run.of_tiers(replace(config, escalation=(second, third)), rows)] == [
        "0 of 1 integration tried (2 contacts mentioned in Slack)",
        "0 of 2 integrations tried",
    ]


def test_a_peer_that_does_not_answer_is_waited_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(asking, "READ_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotTaken, match="did not answer"):
        asking.ask("GET", f"http://127.0.0.1:{silent.getsockname()[1]}/FAKE-key", name="Slack")
