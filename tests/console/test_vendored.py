"""The vendored front-end libraries are what package.json pins, and the page asks for nothing from elsewhere."""

from __future__ import annotations

import json
import re

import pytest

from tools.console import vendor
from tools.console.node import ROOT


def test_the_copies_are_those_that_are_noted() -> None:
    assert vendor.faults() == []


def test_a_changed_copy_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "pinned", lambda: {"preact": "11.2.1", "htm": "3.1.1"})
    found = vendor.faults()
    assert len(found) == 3
    assert all("preact" in fault or "hooks" in fault for fault in found)
    assert "run python -m tools.console.vendor --write" in found[0]


def test_the_lock_has_each_package_with_its_hash_and_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert {file.package for file in vendor.FILES} <= {name.removeprefix("node_modules/") for name in packages}
    assert all(one["integrity"].startswith("sha512-") and "resolved" not in one for one in packages.values())


def test_the_page_names_no_address_and_makes_no_html() -> None:
    vendored = {file.name for file in vendor.FILES}
    own = [path for path in vendor.FOLDER.iterdir() if path.name not in vendored and path.suffix != ".svg"]
    assert len(own) > 20
    text = "\n".join(path.read_text(encoding="utf-8") for path in own)
    assert re.findall(r"https?://", text) == []
    html = r"innerHTML|outerHTML|insertAdjacent|dangerously"
    assert re.findall(rf"{html}|eval\(|new Function| style=\"|onclick=", text) == []
