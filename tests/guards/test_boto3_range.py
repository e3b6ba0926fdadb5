"""The layer ships no boto3: it runs on that of Lambda's runtime, which grows without a deploy.

The whole suite runs on the newest, the pin of requirements/dev.in. Here what calls AWS runs on the oldest as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import uv

from tests.guards.copies import WITHOUT_PLUGINS

ROOT = Path(__file__).parents[2]
OLDEST = ROOT / "requirements" / "boto3-oldest.txt"
CALLS = (
    "tests/aws/test_aws_clients.py",
    "tests/aws/test_dynamodb_requests.py",
    "tests/aws/test_scoring_runtime.py",
    "tests/aws/test_secret_keys.py",
    "tests/aws/test_sns_and_ses_senders.py",
    "tests/aws/test_sqs_timers.py",
    "tests/runtime/test_pre_traffic.py",
)


@pytest.fixture(scope="module")
def oldest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the oldest boto3, botocore and s3transfer, and nothing else."""
    folder = tmp_path_factory.mktemp("boto3")
    pinned = ["--no-deps", "--require-hashes", "-r", str(OLDEST)]
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(folder)]
    subprocess.run([*command, *pinned], check=True, env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"})
    return folder


def test_every_call_of_aws_is_one_that_the_oldest_boto3_knows(oldest: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(oldest)}
    program = "import boto3, botocore; print(boto3.__version__, botocore.__version__, boto3.__file__)"
    seen = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert seen.stdout.split()[:2] == ["1.35.69", "1.35.69"]
    assert Path(seen.stdout.split()[2]).is_relative_to(oldest)
    # Its own use of utcnow is not ours to mend.
    options = ["-q", *WITHOUT_PLUGINS, "-W", "ignore:datetime.datetime.utcnow:DeprecationWarning"]
    command = [sys.executable, "-m", "pytest", *options, *CALLS]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
