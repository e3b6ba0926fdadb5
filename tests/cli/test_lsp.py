"""`alertrelay lsp`, driven by a client: what an editor shows of each kind of file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from cli.editor.cursor import cursor_at
from cli.editor.keys import Doc, keys_of

ALERTMANAGER = """\
route:
  receiver: chat
  routes:
    - matchers: [severity="critical"]
      reciever: oncall
    - receiver: \

    - matchers: [a=b, a=c]
      mute_time_intervals:
        - \

receivers:
  - name: chat
    slack_configs:
      - api_url: https://hooks.slack.com/services/T/B/FAKE
        send_resolved: true  # é😀
        \

  - name: 'on call'
time_intervals:
  - name: nights
"""


class Client:
    """A client of the protocol over the pipes of a server."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "cli.command", "lsp"]
        root = Path(__file__).parents[2]
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.into: IO[bytes] = self.server.stdin
        self.out: IO[bytes] = self.server.stdout
        self.number = 0
        self.folder = folder
        self.request("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})
        self.send({"method": "initialized", "params": {}})

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.into.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.into.flush()

    def read(self) -> dict[str, Any]:
        length = 0
        while (line := self.out.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        found: dict[str, Any] = json.loads(self.out.read(length))
        return found

    def request(self, method: str, params: dict[str, Any]) -> Any:
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while (answer := self.read()).get("id") != self.number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, name: str, text: str) -> list[dict[str, Any]]:
        """Returns the diagnostics of a file that is opened and not on the disk."""
        document = {"uri": (self.folder / name).as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while (answer := self.read()).get("method") != "textDocument/publishDiagnostics":
            pass
        found: list[dict[str, Any]] = answer["params"]["diagnostics"]
        return found

    def at(self, method: str, name: str, line: int, character: int) -> Any:
        place = {"line": line, "character": character}
        return self.request(method, {"textDocument": {"uri": (self.folder / name).as_uri()}, "position": place})

    def labels(self, name: str, line: int, character: int) -> list[str]:
        return [one["label"] for one in self.at("textDocument/completion", name, line, character)]

    def docs(self, name: str, line: int, character: int) -> str:
        found = self.at("textDocument/hover", name, line, character)
        return str(found["contents"]["value"]) if found else ""


@pytest.fixture(name="client", scope="module")
def _client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("editor")
    (folder / "environments").mkdir()
    client = Client(folder)
    yield client
    client.request("shutdown", {})
    client.send({"method": "exit"})
    client.into.close()
    assert client.server.wait(timeout=30) == 0
    client.out.close()


def test_diagnostics_are_those_of_check_and_hold_no_secret(client: Client) -> None:
    found = client.open("alertmanager.yml", ALERTMANAGER)
    assert "FAKE" not in json.dumps(found)
    codes = {one["code"]: one for one in found}
    assert codes["unknown-key"]["range"] == {
        "start": {"line": 4, "character": 6},
        "end": {"line": 4, "character": 22},
    }
    assert codes["unknown-key"]["message"].endswith("did you mean 'receiver'?")
    assert codes["inline-secret"]["severity"] == 1
    sound = ALERTMANAGER.replace("      reciever: oncall\n", "").replace("    - receiver: \n", "")
    shown = {
        one["code"] for one in client.open("alertmanager.yml", sound.replace("        - \n", "        - nights\n"))
    }
    assert {"inline-secret", "unreachable-route", "never-holds"} <= shown


def test_hover_shows_the_documentation_of_a_key(client: Client) -> None:
    client.open("alertmanager.yml", ALERTMANAGER)
    assert client.docs("alertmanager.yml", 3, 8).startswith("**matchers**\n\nA list of matchers")
    assert "Default: false" in client.docs("alertmanager.yml", 13, 10)
    assert "no template may stand in it" in client.docs("alertmanager.yml", 12, 10)
    assert client.docs("alertmanager.yml", 4, 8) == ""


def test_completion_knows_keys_and_names(client: Client) -> None:
    client.open("alertmanager.yml", ALERTMANAGER)
    assert client.labels("alertmanager.yml", 5, 16) == ["chat", "on call"]
    assert client.labels("alertmanager.yml", 8, 10) == ["nights"]
    assert client.labels("alertmanager.yml", 13, 23) == ["true", "false"]
    keys = client.labels("alertmanager.yml", 14, 8)
    assert {"api_url_file", "channel", "send_resolved"} <= set(keys)
    assert "routing_key" not in keys


@pytest.mark.parametrize(
    ("name", "text", "code", "line", "key", "docs"),
    [
        ("delivery.yml", "email:\n  transport: smtp\n  transprot: ses\n", "unknown-key", 1, "time_zone", "smtp"),
        ("anomaly.yml", "max_metrics: many\nwatch: []\n", "wrong-type", 0, "holidays", "metrics"),
        ("environments/dev.yml", "region: eu-nowhere-1\nretain: true\n", "bad-value", 1, "databases", "keep"),
    ],
)
def test_our_own_files_are_served_by_their_schemas(
    name: str, text: str, code: str, line: int, key: str, docs: str, client: Client
) -> None:
    assert code in [one["code"] for one in client.open(name, text)]
    assert docs in client.docs(name, line, 3).lower()
    last = text.count("\n")
    client.open(name, text + ("  " if name == "delivery.yml" else "") + "\n")
    assert key in client.labels(name, last, 2 if name == "delivery.yml" else 0)


@pytest.mark.parametrize(
    ("text", "path", "key", "in_value"),
    [
        ("route:\n  rec|eiver: a", ("route",), "receiver", False),
        ("route:\n  receiver: |", ("route",), "receiver", True),
        ("route:\n  routes:\n  - match|ers: []", ("route", "routes", "[]"), "matchers", False),
        ("route:\n  routes:\n  - matchers: []\n    rec|eiver: a", ("route", "routes", "[]"), "receiver", False),
        ("receivers:\n- name: a\n  slack_configs:\n  - chan|nel: c", ("receivers", "[]", "slack_configs", "[]"),
         "channel", False),
        ("receivers:\n- name: a\n\n# x\n  |", ("receivers", "[]"), "", False),
        ("route:\n  routes:\n    - routes:\n        - receiver: a\n          |",
         ("route", "routes", "[]", "routes", "[]"), "", False),
        ("a: 1\nb:\n  c: 2\n|", (), "", False),
    ],
)  # fmt: skip
def test_a_cursor_s_place_is_found_by_indentation(text: str, path: tuple[str, ...], key: str, in_value: bool) -> None:
    before = text[: text.index("|")]
    lines = text.replace("|", "").split("\n")
    found = cursor_at(lines, before.count("\n"), len(before.rpartition("\n")[2]))
    assert (found.path, found.key, found.in_value) == (path, key, in_value)


def test_every_key_of_an_alertmanager_file_is_documented() -> None:
    def bare(key: Doc, way: str, depth: int) -> Iterator[str]:
        for name, one in key.below.items() if depth < 4 else ():
            if not one.docs and name not in ("[]", "*"):
                yield f"{way}.{name}"
            yield from bare(one, f"{way}.{name}", depth + 1)

    assert list(bare(keys_of("alertmanager"), "", 0)) == []
