"""What every test folder shares: tests that need a program which only CI installs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from compiler.config_folder import VARIABLE
from compiler.reading.finding import Findings, Place, Severity
from tests.example import CONFIG, EXAMPLES

# How long an example takes is the machine's affair: it fails no test.
settings.register_profile("relay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("relay")

os.environ[VARIABLE] = str(CONFIG)

pytest_plugins = ["tests.stack"]

HEAVY = (
    "guards/test_add_a_dummy.py",
    "cli/test_replay_faults.py",
    "console/test_console.py",
    "dispatch/test_every_interleaving.py",
    "wheel/test_wheel.py",
    "harness/test_nothing_is_lost.py",
    "wire/test_wire_mid_incident.py",
    "cli/test_replay_secrets.py",
    "cli/test_live.py",
    "wire/test_wire_golden.py",
    "infra/test_assembly.py",
    "cli/test_replay_command.py",
    "guards/test_swapped_config.py",
    "guards/test_boto3_range.py",
    "cli/test_replay_bad_input.py",
    "aws/test_pipeline_on_dynamodb.py",
    "cli/test_send_test.py",
    "differential/test_alertmanager_agrees.py",
    "cli/test_serve_aws.py",
    "dispatch/test_storm_limits.py",
    "channels/test_every_kind_replay.py",
    "sources/test_mutilated.py",
    "local/test_snapshot.py",
    "dispatch/test_storm_end.py",
    "dispatch/test_crashes.py",
    "cli/test_drill.py",
    "cli/test_start_page.py",
    "aws/test_stores_agree.py",
    "cli/discovery/test_account.py",
    "aws/test_store_contract_ledgers.py",
    "tools/test_first_minute.py",
    "dispatch/test_storm.py",
    "aws/test_direct_clients.py",
    "cli/test_export_sam.py",
)
"""The files that take longest (`pytest --durations`), the longest first: a worker takes a whole file, and one of these
begun last keeps it busy for minutes while the others are idle. The console's waits for its browser: early, it costs no
core. cli/test_replay_faults synthesises the template that the others find."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begins with the longest files. `needs_tool("amtool")`: without the tool the test is skipped by name; under
    CI=true it runs, and so fails."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(HEAVY)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
    in_ci = os.environ.get("CI", "").lower() == "true"
    for item in items:
        for marker in item.iter_markers("needs_tool"):
            tool = marker.args[0]
            if shutil.which(tool) is None and not in_ci:
                item.add_marker(pytest.mark.skip(reason=f"{tool} is not installed (.ci/run installs it)"))


def _mend_every_finding() -> None:
    """Whatever a test makes the compiler find, an error or a warning without a mend fails it."""
    add = Findings._add

    def checked(self: Findings, place: Place, severity: Severity, code: str, message: str, mend: str) -> None:
        assert mend or severity == "info", f"{code}: {message!r} at {place} has no mend"
        add(self, place, severity, code, message, mend)

    Findings._add = checked  # type: ignore[method-assign]


_mend_every_finding()


def _refuse_the_user_s_files(event: str, arguments: tuple[object, ...]) -> None:
    """config/ is the user's to change, so a test that opens a file of it fails."""
    if event != "open" or not isinstance(arguments[0], str):
        return
    if os.path.abspath(arguments[0]).startswith(f"{EXAMPLES}{os.sep}"):  # noqa: PTH100 - at every open: it is cheap
        raise AssertionError(f"{arguments[0]} belongs to the user: a test reads tests/shipped/config, or its own files")


sys.addaudithook(_refuse_the_user_s_files)


@pytest.fixture(autouse=True)
def _tool_of_marker(request: pytest.FixtureRequest) -> None:
    """An error that names the tool, rather than what the test does without it."""
    for marker in request.node.iter_markers("needs_tool"):
        tool = marker.args[0]
        assert shutil.which(tool) is not None, f"{tool} is missing: .ci/run has to install it"
