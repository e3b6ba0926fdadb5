"""`slack:` of delivery.yml: what is found in it, and where it arrives."""

from __future__ import annotations

from pathlib import Path

import pytest
from alertrelay.channels.slack import Mention, SlackSettings
from alertrelay.config.model import Matcher

from compiler.examine import check_folder
from compiler.load import Loaded, load, try_out
from compiler.reading.finding import Finding

BOT = """
global: {slack_api_url: https://slack.com/api/chat.postMessage}
route: {receiver: team}
receivers:
  - name: team
    slack_configs:
      - {channel: C1, http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/slack_token}}}
      - {api_url_file: /etc/alertmanager/secrets/slack_hook}
"""


def loaded(folder: Path, delivery: str, config: str = BOT) -> Loaded:
    path = folder / "delivery.yml"
    path.write_text(delivery)
    return try_out(config, delivery=path)


def settings(found: Loaded) -> list[SlackSettings]:
    assert found.config, found.findings
    return [one.settings for one in found.config.receivers[0].targets if isinstance(one.settings, SlackSettings)]


def test_it_arrives_in_the_settings_and_buttons_in_those_of_a_bot_alone(tmp_path: Path) -> None:
    text = "slack: {buttons: true, may_silence: [S0123], mentions: [{match: ['a=b'], who: ['@here']}]}"
    bot, hook = settings(loaded(tmp_path, text))
    assert (bot.buttons, hook.buttons) == (True, False)
    assert bot.silencers == ("S0123",)
    assert bot.mentions == hook.mentions
    assert bot.mentions == (Mention(matchers=(Matcher(name="a", op="=", value="b"),), who=("@here",)),)


def test_the_time_zone_is_that_of_email_where_it_names_none(tmp_path: Path) -> None:
    zones = "email: {time_zone: Europe/Berlin}\nslack: {buttons: true}"
    assert settings(loaded(tmp_path, zones))[0].time_zone == "Europe/Berlin"
    own = "email: {time_zone: Europe/Berlin}\nslack: {time_zone: Asia/Tokyo}"
    assert settings(loaded(tmp_path, own))[0].time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("delivery", "key", "message"),
    [
        ("slack: {may_silence: [ana]}", "slack.may_silence[0]", "'ana' is not an id of Slack"),
        ("slack: {time_zone: Berlin}", "slack.time_zone", "'Berlin' is not a time zone of the tz database"),
        ("slack: {mentions: [{who: [here]}]}", "slack.mentions[0].who[0]", "'here' is nobody whom Slack can mention"),
        ("slack: {mentions: [{match: ['a'], who: ['@here']}]}", "slack.mentions[0].match[0]", "'a' is not a matcher"),
        ("slack: {mentions: [{who: '@here'}]}", "slack.mentions[0].who", "expected a list, got text"),
        ("slack: {mentions: [{match: ['a=b']}]}", "slack.mentions[0].who", "'who' is missing"),
    ],
)
def test_a_fault_has_its_place_and_its_mend(tmp_path: Path, delivery: str, key: str, message: str) -> None:
    (found,) = (one for one in loaded(tmp_path, delivery).findings if one.severity == "error")
    assert (found.key, found.line) == (key, 1)
    assert found.message.startswith(message)
    assert found.mend


def test_an_empty_list_of_who_may_silence_is_named_since_it_shuts_nobody_out(tmp_path: Path) -> None:
    (found,) = (one for one in loaded(tmp_path, "slack: {may_silence: []}").findings if one.key == "slack.may_silence")
    assert (found.severity, found.code, found.line) == ("warning", "empty-list", 1)
    assert found.message == "nobody stands here, so that everybody in the workspace may silence"


def test_buttons_that_no_message_would_have_are_named(tmp_path: Path) -> None:
    hook = 'route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{api_url_file: /run/hook, channel: "#a"}]}]'
    named = [one.key for one in loaded(tmp_path, "slack: {buttons: true}", hook).findings if one.code == "not-obeyed"]
    assert named == ["slack.buttons"]


def test_buttons_that_nothing_answers_are_named_by_check_as_by_synth(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "dev.yml").write_text("region: eu-west-1\n")
    (tmp_path / "alertmanager.yml").write_text(BOT)
    (tmp_path / "delivery.yml").write_text("slack: {buttons: true}\n")
    named = [[one for one in found if one.key == "slack.buttons"] for found in _both(tmp_path)]
    assert [one.code for one in named[0]] == ["not-obeyed"]
    assert "the environment dev has no intake" in named[0][0].message
    assert named[0] == named[1]


def _both(folder: Path) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    return check_folder(folder), load(folder, "dev").findings


@pytest.mark.parametrize(
    ("delivery", "intake", "named"),
    [
        ("{}\n", "intake: direct\n", True),
        ("slack: {time_zone: UTC}\n", "intake: direct\n", True),
        ("slack: {buttons: false}\n", "intake: direct\n", False),
        ("slack: {buttons: true}\n", "intake: direct\n", False),
        ("{}\n", "", False),
    ],
)
def test_buttons_that_an_intake_would_answer_are_named(tmp_path: Path, delivery: str, intake: str, named: bool) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "dev.yml").write_text(f"region: eu-west-1\n{intake}")
    (tmp_path / "alertmanager.yml").write_text(BOT)
    (tmp_path / "delivery.yml").write_text(delivery)
    found = [one for one in load(tmp_path, "dev").findings if one.code == "no-buttons"]
    assert [one.severity for one in found] == (["info"] if named else [])
    assert all(one.file.endswith("delivery.yml") and "docs/slack.md" in one.mend for one in found)
