"""Runs `alertrelay serve` for a bench or pictures, and asks its API."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple


class RunningRelay(NamedTuple):
    """A relay that runs: its address, and a token that may do everything."""

    url: str
    token: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Returns the answer's JSON, None for an empty one. Raises urllib.error.HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
            return json.loads(text) if text else None


@contextmanager
def served(config: Path, environment: str) -> Iterator[RunningRelay]:
    """The relay of a configuration folder, on any port; what it prints later is dropped."""
    command = [Path(sys.executable).parent / "alertrelay", "serve", "--port", "0"]
    options = ["--config-dir", config, "--env", environment]
    with subprocess.Popen([*map(str, command), *map(str, options)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            relay = _greeted(process.stdout)
            threading.Thread(target=process.stdout.read, daemon=True).start()  # an unread pipe would stop it
            yield relay
        finally:
            process.terminate()


def _greeted(lines: IO[str]) -> RunningRelay:
    url = ""
    for line in lines:
        first, _, rest = line.partition(" ")
        if first == "serving":
            url = rest.removeprefix("on ").partition(";")[0]
        if first == "token":
            return RunningRelay(url, rest.strip())
    raise RuntimeError("alertrelay serve ended before it named its token")
