"""One function in AWS's own Runtime Interface Emulator: a process that answers on a port, and its logs.

The emulator is the program that `sam local` uses, from the wheel of aws-sam-cli; awslambdaric is Lambda's own runtime
client for Python. `make rie` installs both for the Python of the layer.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from infra import synth
from local.stack.emulator import FAKE_ENVIRONMENT
from local.stack.functions import DeployedFunction, ScheduledFunction
from local.stack.invocation import FunctionRaised

HOME = synth.BUILD / "rie-venv"
RUNTIME = "3.13"
_MACHINES = {"x86_64": ("x86_64", "aws-lambda-rie-x86_64"), "aarch64": ("arm64", "aws-lambda-rie-arm64")}
_END = "REPORT RequestId:"


class RieMissing(Exception):
    """Something that the emulator needs is not on this machine. The text names it, and the mend."""


class RuntimeFault(Exception):
    """The emulator did not start, or its port is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The programs, and the architecture that the layer has to be built for."""

    python: Path
    emulator: Path
    arch: str


def kit() -> Kit:
    """Returns what `make rie` has installed. Raises RieMissing."""
    if platform.system() != "Linux" or platform.machine() not in _MACHINES:
        raise RieMissing(
            f"the emulator runs on Linux, x86_64 or aarch64: this is {platform.system()} {platform.machine()}"
        )
    arch, program = _MACHINES[platform.machine()]
    python = HOME / "bin" / "python"
    if not python.exists():
        raise RieMissing(
            f"{HOME.name} is missing: run `make rie` (it needs a Python {RUNTIME}, which the layer is for)"
        )
    found = sorted(HOME.glob(f"lib/python{RUNTIME}/site-packages/samcli/local/rapid/{program}"))
    if not found:
        raise RieMissing(f"{program} is missing in {HOME.name}: remove that folder and run `make rie`")
    return Kit(python=python, emulator=found[0], arch=arch)


class Container:
    """One function in one emulator: a context manager, after which no process and no port is left.

    `logs` is what the function and the emulator have printed so far.
    """

    def __init__(
        self, function: DeployedFunction | ScheduledFunction, layer: Path, programs: Kit, environ: Mapping[str, str]
    ) -> None:
        self._function = function
        self._layer = layer
        self._programs = programs
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__, with the process that writes it

    def __enter__(self) -> Container:
        self._port, api = _free_port(), _free_port()
        command = [
            str(self._programs.emulator),
            "--runtime-interface-emulator-address", f"127.0.0.1:{self._port}",
            "--runtime-api-address", f"127.0.0.1:{api}",
            str(self._programs.python), "-m", "awslambdaric", self._function.handler,
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command,
            cwd=self._function.code,
            env=self._runtime_environ(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait_for_the_port()
        except RuntimeFault:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            for pid in [*_descendants(self._process.pid), self._process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        self._log.close()

    def invoke(self, event: Any) -> Any:
        """The function's answer; what it logs meanwhile goes to stdout. Raises FunctionRaised, RuntimeFault."""
        before = self._written()
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, data=json.dumps(event).encode(), method="POST")
        try:
            # No bound of ours: the emulator ends a function at its time-out, and a dead one closes the socket.
            with _DIRECT.open(request) as response:
                body = response.read()
        except urllib.error.HTTPError as error:
            raise refusal_of(error.code, error.read()) from None
        except OSError as error:
            raise RuntimeFault(f"the emulator of {self._function.name} does not answer: {error}") from None
        print(self._said_since(before), end="")
        return answer_of(body)

    @property
    def logs(self) -> str:
        """Everything so far."""
        return self._read(0)

    @property
    def pid(self) -> int:
        """Returns the emulator's process."""
        assert self._process is not None
        return self._process.pid

    def _runtime_environ(self) -> dict[str, str]:
        """The template's own environment, and what Lambda adds to it. Nothing of the user's own."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": str(self._function.code),
            "PYTHONPATH": str(self._layer / "python"),  # /opt/python in Lambda
            "PYTHONDONTWRITEBYTECODE": "1",  # a layer is read-only
            "AWS_LAMBDA_FUNCTION_NAME": self._function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self._function.timeout_seconds),
            **FAKE_ENVIRONMENT,
            **self._environ,
        }

    def _wait_for_the_port(self) -> None:
        """Waits as long as the emulator lives: a slow machine is no fault of it. Raises RuntimeFault where it ended."""
        while not self._ended():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port)):
                return
            time.sleep(0.01)
        raise RuntimeFault(f"the emulator ended at once: {self._read(0).strip()[-300:]}")

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _written(self) -> int:
        return os.fstat(self._log.fileno()).st_size

    def _said_since(self, start: int) -> str:
        """The emulator writes the report of an invocation after its answer, of one that was killed too."""
        while _END not in (said := self._read(start)) and not self._ended():
            time.sleep(0.005)
        return said

    def _read(self, start: int) -> str:
        return os.pread(self._log.fileno(), self._written() - start, start).decode("utf-8", "replace")


def answer_of(body: bytes) -> Any:
    """Return what a function answered. Raises FunctionRaised where it raised, and where it was killed: the emulator
    then answers 200 as well, with a line of plain text (`… Task timed out after 30.00 seconds`), or with nothing where
    it did not begin. A function that returns None answers `null`."""
    if not body.strip():
        raise FunctionRaised("the emulator answered nothing: the invocation did not begin, or its answer was lost")
    try:
        answer = json.loads(body)
    except RecursionError:
        raise FunctionRaised("JSON that is nested too deep to be read") from None
    except ValueError:
        raise FunctionRaised(body.decode("utf-8", "replace").strip()[-300:]) from None
    if isinstance(answer, dict) and "errorType" in answer:
        raise FunctionRaised(f"{answer['errorType']}: {answer.get('errorMessage', '')}")
    if not isinstance(answer, dict | None):
        raise FunctionRaised(f"an object or null was expected, the emulator answered {str(answer)[:300]}")
    return answer


def refusal_of(status: int, body: bytes) -> FunctionRaised | RuntimeFault:
    """Return what an answer other than 200 stands for. 502 and 504: the function's process ended, and `body` may say
    how; any other is the emulator's own.
    Source: aws/aws-lambda-runtime-interface-emulator, cmd/aws-lambda-rie/handlers.go."""
    if status not in _ENDED:
        return RuntimeFault(f"the emulator answered {status}")
    try:
        answer_of(body)
    except FunctionRaised as error:
        return FunctionRaised(f"{status}: {error}")
    return FunctionRaised(f"{status}: the function's process ended")


_ENDED = (502, 504)
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _free_port() -> int:
    """A port that nobody listens on: a stale emulator would answer in place of ours."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _descendants(pid: int) -> Iterator[int]:
    """The processes that a process has started, and theirs: the emulator gives the runtime a group of its own."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from _descendants(int(child))
            yield int(child)


def layer_of(template: Path) -> Path:
    """The folder of the template's layer, as it would be uploaded."""
    resources = json.loads(template.read_text(encoding="utf-8"))["Resources"].values()
    layer = next(r for r in resources if r["Type"] == "AWS::Lambda::LayerVersion")
    folder: str = layer["Metadata"]["aws:asset:path"]
    return (template.parent / folder).resolve()
