"""A channel is one folder, its stand-in and one word: no other file of the product names a kind, save those that stand
here."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alertrelay.channels import KINDS, channel, forwarders, settings_of
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.config.channel import Settings

from local.standins import peer

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "alertrelay" / "python" / "alertrelay"
PRODUCT = (PACKAGE, *(ROOT / name for name in ("lambdas", "compiler", "infra", "cli", "local", "tools")))
OURS = ("alertrelay.", "compiler.", "local.")
TABLE = PACKAGE / "channels" / "__init__.py"
OTHER_WORDS = frozenset({"email", "sns", "webhook"})
"""These also name a key of delivery.yml, a service of AWS and a mode of Slack, so only imports of them count."""
NAMED = {
    "tools/dashboard_pictures.py": {"pagerduty", "slack"},  # which channels the pictures are of
    "cli/live_sms.py": {"sns"},  # which receivers are phones
    "compiler/alertmanager/file.py": {"email", "slack"},  # global keys with a check of their own
    "compiler/alertmanager/integrations.py": {"email", "slack", "sns"},  # the readers that need more than data
    "compiler/config_files.py": {"slack"},  # buttons need the intake, which stands in another file
    "infra/permissions.py": {"email", "sns"},  # what IAM must allow
    "compiler/delivery.py": {"slack", "sns"},  # its section; whether any receiver is a phone
    "compiler/load.py": {"slack"},
    "compiler/resources/audit.py": {"slack"},  # where the weekly audit may go
    "infra/stacks.py": {"slack"},  # whether its buttons need the intake
    "cli/live.py": {"slack"},
    "cli/probes/aws.py": {"email"},
    "compiler/escalation.py": {"slack"},  # whose messages mention the contacts of a tier
    "cli/probes/mail.py": {"email"},
    "cli/serve.py": {"email"},  # the mails that SES would send
    "local/serve/pressable.py": {"slack"},
    "local/backtest/before.py": {"opsgenie", "pagerduty", "slack"},  # who reads an alarm's own topics
    "layers/alertrelay/python/alertrelay/aws/intake/later.py": {"slack"},  # what Slack does not wait for
    "layers/alertrelay/python/alertrelay/intake/console/alert_page.py": {"slack"},  # whose message has an address
    "layers/alertrelay/python/alertrelay/intake/judging.py": {"slack"},  # the ways by which one is judged
    "layers/alertrelay/python/alertrelay/intake/routes.py": {"slack"},
    "layers/alertrelay/python/alertrelay/runtime/intake.py": {"slack"},
    "layers/alertrelay/python/alertrelay/runtime/intake_handler.py": {"slack"},
    "layers/alertrelay/python/alertrelay/runtime/weekly.py": {"slack"},  # whose form the weekly audit has
    "tools/alarm_month.py": {"slack"},
    "tools/chart_pictures.py": {"slack"},
    "tools/dashboard_data.py": {"slack"},  # the incident that the pictures show
    "tools/console/pictures.py": {"pagerduty"},
    "tools/messages.py": {"slack"},
    "lambdas/pagerduty_forwarder.py": {"pagerduty"},
    "lambdas/slack_forwarder.py": {"slack"},
    "layers/alertrelay/python/alertrelay/sources/pagerduty_webhook.py": {"pagerduty"},  # the sender of what arrives
    "layers/alertrelay/python/alertrelay/runtime/forwarder.py": {"sns"},  # the last resort is a topic
    "layers/alertrelay/python/alertrelay/intake/push.py": {"webhook"},  # what pushes alerts, which is no channel
    "local/serve/relay.py": {"slack", "sns"},  # its buttons; the last resort is a topic
    "local/simulation/run.py": {"sns"},
    "local/stack/named_topics.py": {"sns"},  # which topics somebody else makes
    "local/stack/deployed.py": {"email"},  # the senders that a person verifies in SES
    "layers/alertrelay/python/alertrelay/alert.py": {"pagerduty", "slack"},  # the ways by which one is acknowledged
    "layers/alertrelay/python/alertrelay/intake/incidents.py": {"pagerduty"},  # whose webhooks come in
    "tools/bench/counting.py": {"pagerduty"},  # whose sender is the one that counts
    "tools/bench/deciding.py": {"pagerduty", "slack"},  # whose rendering is measured, on older commits too
}
"""Files that name a kind for a reason of their own. A new kind needs none of them."""


def named(path: Path) -> Iterator[str]:
    """The kinds that a file's code names, by a text or by an import; its docstrings do not count."""
    texts = {f"{kind}{ending}": kind for kind in set(KINDS) - OTHER_WORDS for ending in ("", "_configs", "-forwarder")}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in texts:
            yield texts[node.value]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(OURS):
            yield from (kind for kind in KINDS if kind in node.module.split("."))


def own_kind(path: Path) -> str:
    """The kind whose own folder or file this is, else ""."""
    folder = path.relative_to(ROOT).as_posix()
    places = (
        "layers/alertrelay/python/alertrelay/channels/{}/",
        "local/standins/{}/",
        "compiler/alertmanager/kinds/{}.py",
        "cli/probes/kinds/{}.py",
        "compiler/{}.py",  # its section of delivery.yml
        "layers/alertrelay/python/alertrelay/intake/{}/",  # what comes back from it
        "layers/alertrelay/python/alertrelay/runtime/{}.py",
    )
    return next((kind for kind in KINDS for place in places if folder.startswith(place.format(kind))), "")


def test_only_the_table_and_named_exceptions_name_a_kind() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted(path for folder in PRODUCT for path in folder.rglob("*.py") if path != TABLE):
        if kinds := set(named(path)) - {own_kind(path)}:
            found[path.relative_to(ROOT).as_posix()] = kinds
    assert found == NAMED


def test_the_folders_are_those_of_the_table() -> None:
    folders = {path.parent.name for path in (PACKAGE / "channels").glob("*/render.py")}
    assert folders == set(KINDS)


def test_a_probe_is_of_a_kind_of_the_table() -> None:
    assert {path.stem for path in (ROOT / "cli/probes/kinds").glob("*.py")} <= {*KINDS, "__init__"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_holds_what_its_descriptor_promises(kind: str) -> None:
    one = channel(kind)
    assert one.kind == kind
    assert "-" not in kind  # a group's id begins with it, to the first dash
    sender = Senders(Network())[kind]
    assert type(sender).__name__ == (one.sender or "ServiceSender")
    assert (ROOT / "local" / "standins" / kind / "answers.md").is_file()
    assert issubclass(one.settings, Settings)
    assert callable(peer(kind).headline)
    fields = set(one.settings.__dataclass_fields__)
    assert {key.field for key in one.keys if key.field} <= fields
    assert one.settings.key_field in {*fields, ""}
    assert not one.rate or set(one.rate.counted_by) <= {*fields, "key_name"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_channels_share_a_key_of_alertmanager_or_a_name(kind: str) -> None:
    others = [channel(other) for other in KINDS if other != kind]
    one = channel(kind)
    assert one.configs not in {other.configs for other in others}
    assert one.settings not in {other.settings for other in others}
    assert len({name for key in one.keys for name in key.names}) == sum(len(key.names) for key in one.keys)


def test_reading_every_descriptor_loads_no_socket_and_no_client() -> None:
    """The compiler, the stacks and a cold start read them all."""
    heavy = {"socket", "ssl", "requests", "urllib3", "smtplib", "http.client", "botocore", "yaml"}
    code = (
        f"import sys; from alertrelay.channels import *; [channel(k) for k in KINDS]; print({heavy} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path("/"))
    assert done.stdout.strip() == "set()"


def test_every_kind_is_sent_by_exactly_one_forwarder() -> None:
    assert sorted(kind for kinds in forwarders().values() for kind in kinds) == sorted(KINDS)


@pytest.mark.parametrize("look_up", [channel, settings_of])
def test_an_unknown_kind_is_named_with_those_that_there_are(look_up: object) -> None:
    assert callable(look_up)
    with pytest.raises(ValueError, match="'pigeon' is not a channel: one of pagerduty, slack"):
        look_up("pigeon")
