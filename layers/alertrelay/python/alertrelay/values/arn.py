"""Amazon resource names, regions and console links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_ACCOUNT = re.compile(r"[0-9]{1,12}")

# An alarm's message names its region in words: "EU (Frankfurt)", formerly "EU - Frankfurt". The place stands in both.
_PLACES: Mapping[str, str] = {
    "N. Virginia": "us-east-1",
    "Ohio": "us-east-2",
    "N. California": "us-west-1",
    "Oregon": "us-west-2",
    "Cape Town": "af-south-1",
    "Hong Kong": "ap-east-1",
    "Taipei": "ap-east-2",
    "Mumbai": "ap-south-1",
    "Hyderabad": "ap-south-2",
    "Singapore": "ap-southeast-1",
    "Sydney": "ap-southeast-2",
    "Jakarta": "ap-southeast-3",
    "Melbourne": "ap-southeast-4",
    "Malaysia": "ap-southeast-5",
    "New Zealand": "ap-southeast-6",
    "Thailand": "ap-southeast-7",
    "Tokyo": "ap-northeast-1",
    "Seoul": "ap-northeast-2",
    "Osaka": "ap-northeast-3",
    "Canada West": "ca-west-1",
    "Calgary": "ca-west-1",
    "Central": "ca-central-1",
    "Frankfurt": "eu-central-1",
    "Zurich": "eu-central-2",
    "Ireland": "eu-west-1",
    "London": "eu-west-2",
    "Paris": "eu-west-3",
    "Milan": "eu-south-1",
    "Spain": "eu-south-2",
    "Stockholm": "eu-north-1",
    "Tel Aviv": "il-central-1",
    "Bahrain": "me-south-1",
    "UAE": "me-central-1",
    "Sao Paulo": "sa-east-1",
    "São Paulo": "sa-east-1",
    "Querétaro": "mx-central-1",
    "Mexico": "mx-central-1",
    "Beijing": "cn-north-1",
    "Ningxia": "cn-northwest-1",
    "US-West": "us-gov-west-1",
    "US-East": "us-gov-east-1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """The parts of arn:partition:service:region:account:resource, each "" where it is missing or a placeholder."""

    partition: str = ""
    region: str = ""
    account: str = ""
    resource: str = ""

    @classmethod
    def of(cls, text: str) -> Arn:
        """Parses an ARN. Never fails: a text that is not an ARN has no parts."""
        parts = text.split(":", 5)
        if len(parts) < 6 or parts[0] != "arn":
            return cls()
        return cls(
            partition=parts[1] if parts[1].startswith("aws") else "",
            region=parts[3] if _REGION.fullmatch(parts[3]) else "",
            account=parts[4] if _ACCOUNT.fullmatch(parts[4]) else "",
            resource=parts[5],
        )


def region_of_place(display_name: str) -> str:
    """Returns the code of a region that is named in words; "" where the words are unknown. A code is taken as it is."""
    if _REGION.fullmatch(display_name):
        return display_name
    return next((code for place, code in _PLACES.items() if place in display_name), "")


def partition_of(region: str) -> str:
    """Returns aws, aws-cn or aws-us-gov."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def console(region: str) -> str:
    """Returns the console's address for a region, "" for none."""
    if not region:
        return ""
    domain = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}.get(partition_of(region))
    return f"https://{domain}" if domain else f"https://{region}.console.aws.amazon.com"


def alarm_link(region: str, alarm_name: str) -> str:
    """Returns the console's link to an alarm; "" where the region is unknown."""
    base = console(region)
    if not base:
        return ""
    return f"{base}/cloudwatch/home?region={region}#alarmsV2:alarm/{quote(alarm_name, safe='')}"


def firing_alarms_link(region: str) -> str:
    """Returns the console's link to the list of alarms that fire; "" where the region is unknown."""
    base = console(region)
    return f"{base}/cloudwatch/home?region={region}#alarmsV2:?~(alarmStateFilter~%27ALARM)" if base else ""


def log_group_link(region: str, log_group: str) -> str:
    """Return where CloudWatch's console shows a log group; "" where the region is unknown.

    The console decodes the fragment twice, with `$` in place of `%` in the outer layer.
    """
    base = console(region)
    if not base:
        return ""
    encoded = quote(quote(log_group, safe=""), safe="").replace("%", "$")
    return f"{base}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{encoded}"
