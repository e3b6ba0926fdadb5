from __future__ import annotations

import pytest
from alertrelay.values.arn import Arn, alarm_link, region_of_place


def test_an_arn_has_its_parts() -> None:
    assert Arn.of("arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:a:b") == Arn(
        partition="aws-cn", region="cn-north-1", account="111122223333", resource="alarm:a:b"
    )


@pytest.mark.parametrize("text", ["", "arn:aws:sns:EXAMPLE", "x:aws:sns:eu-west-1:1:t", "hello"])
def test_what_is_no_arn_has_no_parts(text: str) -> None:
    assert Arn.of(text) == Arn()


def test_placeholders_are_no_region_and_no_account() -> None:
    arn = Arn.of("arn:<partition>:cloudwatch:REGION:ACCOUNT_NUMBER:alarm:x")
    assert arn == Arn(resource="alarm:x")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("EU (Frankfurt)", "eu-central-1"),
        ("Europe (Frankfurt)", "eu-central-1"),
        ("EU - Ireland", "eu-west-1"),
        ("US East - N. Virginia", "us-east-1"),
        ("Canada (Central)", "ca-central-1"),
        ("Canada West (Calgary)", "ca-west-1"),
        ("eu-west-3", "eu-west-3"),
        ("EXAMPLE", ""),
        ("", ""),
    ],
)
def test_regions_in_words(words: str, code: str) -> None:
    assert region_of_place(words) == code


@pytest.mark.parametrize(
    ("region", "start"),
    [
        ("eu-central-1", "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#"),
        ("cn-north-1", "https://console.amazonaws.cn/cloudwatch/home?region=cn-north-1#"),
        ("us-gov-west-1", "https://console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1#"),
    ],
)
def test_each_partition_has_its_own_console(region: str, start: str) -> None:
    assert alarm_link(region, "a b").startswith(start)
    assert alarm_link(region, "a b").endswith("alarmsV2:alarm/a%20b")


def test_without_a_region_there_is_no_link() -> None:
    assert alarm_link("", "a") == ""
