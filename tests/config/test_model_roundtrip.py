"""The compiled configuration survives its way into a function as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alertrelay.alert import Channel, Integration
from alertrelay.channels import KINDS, settings_of
from alertrelay.channels.email import EmailSettings
from alertrelay.channels.pagerduty import PagerDutyImage, PagerDutyLink, PagerDutySettings
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.webhook import WebhookSettings
from alertrelay.config.calendar import TimeInterval
from alertrelay.config.channel import HttpAuth, OAuth2
from alertrelay.config.model import Config, InhibitRule, Matcher, Receiver, Route, Target
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(max_size=8)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
SECONDS = st.floats(0, 1e6)
MATCHERS = st.builds(Matcher, name=TEXT, op=st.sampled_from(["=", "!=", "=~", "!~"]), value=TEXT)


def _routes(children: st.SearchStrategy[tuple[Route, ...]]) -> st.SearchStrategy[Route]:
    return st.builds(
        Route,
        matchers=st.lists(MATCHERS, max_size=2).map(tuple),
        group_by=st.none() | NAMES,
        group_wait=SECONDS,
        group_interval=SECONDS,
        repeat_interval=SECONDS,
        mute_time_intervals=NAMES,
        active_time_intervals=NAMES,
        routes=children,
        own=NAMES,
    )


WORDS = st.dictionaries(TEXT, TEXT, max_size=2)
GRANTS = st.none() | st.builds(
    OAuth2, client_id=TEXT, secret=TEXT, token_url=TEXT, scopes=st.lists(TEXT, max_size=2).map(tuple), params=WORDS
)
AUTHS = st.builds(HttpAuth, type=TEXT, key=TEXT, username=TEXT, headers=WORDS, secret_headers=WORDS, oauth2=GRANTS)


@st.composite
def _targets(draw: st.DrawFn) -> Target:
    channel: Channel = draw(st.sampled_from(KINDS))
    made = settings_of(channel)
    settings = draw(st.builds(made, **({"auth": AUTHS} if "auth" in made.__dataclass_fields__ else {})))
    integration = Integration(receiver=draw(TEXT), channel=channel, index=draw(st.integers(0, 9)))
    return Target(integration=integration, send_resolved=draw(st.booleans()), settings=settings)


SIDES = st.lists(MATCHERS, max_size=2).map(tuple)
RANGES = st.lists(st.tuples(st.integers(), st.integers()), max_size=2).map(tuple)
INTERVALS = st.builds(
    TimeInterval, times=RANGES, weekdays=RANGES, days_of_month=RANGES, months=RANGES, years=RANGES, location=TEXT
)
CONFIGS = st.builds(
    Config,
    inhibit_rules=st.lists(st.builds(InhibitRule, source=SIDES, target=SIDES, equal=NAMES, name=TEXT), max_size=2).map(
        tuple
    ),
    time_intervals=st.dictionaries(TEXT, st.lists(INTERVALS, max_size=2).map(tuple), max_size=2),
    resolve_timeout=SECONDS,
    route=_routes(st.lists(_routes(st.lists(_routes(st.just(())), max_size=2).map(tuple)), max_size=2).map(tuple)),
    receivers=st.lists(
        st.builds(Receiver, name=TEXT, targets=st.lists(_targets(), max_size=2).map(tuple)), max_size=3
    ).map(tuple),
    fallbacks=st.dictionaries(TEXT, st.lists(NAMES, max_size=2).map(tuple), max_size=2),
)


@given(CONFIGS)
def test_a_configuration_is_read_back_as_it_was(config: Config) -> None:
    text = json.dumps(config.to_json())
    assert Config.from_json(json.loads(text), settings_of=settings_of) == config


@pytest.mark.parametrize("schema", [0, 1, 3, "2", None])
def test_another_schema_is_refused_with_what_to_do(schema: object) -> None:
    data: dict[str, Any] = {"schema": schema}
    with pytest.raises(ValueError, match=rf"configuration schema {schema!r} found, 2 expected: deploy again"):
        Config.from_json(data, settings_of=settings_of)


def test_a_file_that_is_no_configuration_is_refused() -> None:
    with pytest.raises(ValueError, match="configuration schema None found"):
        Config.from_json({}, settings_of=settings_of)


def test_reading_it_costs_no_import_of_yaml_nor_of_regular_expressions() -> None:
    """A cold start reads this file before it pages."""
    code = "import sys, alertrelay.config.model; print(sorted({'yaml', 're2', 'boto3', 'botocore'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path("/"))
    assert done.stdout.strip() == "[]"


def _target(receiver: str, channel: Channel, settings: Any) -> Target:
    integration = Integration(receiver=receiver, channel=channel, index=0)
    return Target(integration=integration, send_resolved=True, settings=settings)


PAGER = _target(
    "oncall",
    "pagerduty",
    PagerDutySettings(
        routing_key="pagerduty_key",
        url="",
        client="",
        client_url="",
        images=(PagerDutyImage(src="https://example.com/a.png", alt="Map", href=""),),
        links=(PagerDutyLink(href="https://example.com", text="Handbook"),),
    ),
)
SLACK = _target("team", "slack", SlackSettings(mode="incoming", key="slack_hook", url="", channel="#a"))
EMAIL = _target(
    "team",
    "email",
    EmailSettings(
        to=("a@example.com",),
        sender="b@example.com",
        transport="smtp",
        smarthost="mail.example.com:587",
        hello="",
        username="",
        password="smtp_password",
        require_tls=True,
    ),
)
HOOK = _target("team", "webhook", WebhookSettings(url="https://example.com", url_key="", max_alerts=0))
ROOT = Route(
    id="{}",
    key="{}",
    receiver="oncall",
    matchers=(),
    continue_=False,
    group_by=(),
    group_wait=0,
    group_interval=300,
    repeat_interval=14_400,
    mute_time_intervals=(),
    active_time_intervals=(),
    routes=(),
)


@pytest.fixture
def config() -> Config:
    receivers = (
        Receiver(name="oncall", targets=(PAGER,)),
        Receiver(name="team", targets=(SLACK, EMAIL, HOOK)),
        Receiver(name="nobody", targets=()),
    )
    return Config(environment="prod", hash="c0ffee", route=ROOT, receivers=receivers, fallbacks={}, last_resort=True)


def test_a_receiver_and_a_target_are_found_by_name_or_missing(config: Config) -> None:
    assert config.receiver("team") == config.receivers[1]
    assert config.receiver("Team") is None
    assert config.target(SLACK.integration) == SLACK
    assert config.target(replace(SLACK.integration, index=1)) is None
    assert config.target(replace(SLACK.integration, receiver="gone")) is None


def test_the_keys_of_the_secret_are_those_that_a_target_names(config: Config) -> None:
    assert config.secret_keys() == ("pagerduty_key", "slack_hook", "smtp_password")
