"""Answers the release workflow: is the tag the version, which notes has it, and which files.

python -m tools.release check v1.2.3 | notes | sbom
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from alertrelay import __version__

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class NotReady(ValueError):
    """The tree is not what the tag names; the text says what to change."""


def check(tag: str, changelog: str) -> None:
    """Raise NotReady where the tag is not the version's, or the changelog has no section of it."""
    if tag != f"v{__version__}":
        raise NotReady(f"the tag is {tag} and the version {__version__}: set __version__ of the package first")
    notes(changelog)


def notes(changelog: str) -> str:
    """Return the changelog's section of this version, without its title. Raises NotReady where there is none."""
    for section in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        if title.startswith(f"[{__version__}]"):
            return text.strip() + "\n"
    raise NotReady(f"CHANGELOG.md has no section [{__version__}]: rename [Unreleased], with the date")


def sbom(requirements: str) -> dict[str, Any]:
    """Return a CycloneDX 1.6 document of what ships: the package, and the pinned packages of the layer.

    https://cyclonedx.org/docs/1.6/json/. A package has several files, one a platform, and their hashes are all listed
    as external references: the SBOM does not know which one is installed. The format does not ask for the serial
    number, but actions/attest refuses a document without one (src/sbom.ts). It is made of the content, so that a
    release built again has the same.
    """
    components = list(_components(requirements))
    content = f"{_purl('alertrelay', __version__)}\n{requirements}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, content).urn,
        "version": 1,
        "metadata": {"component": _component("alertrelay", __version__)},
        "components": components,
        "dependencies": [
            {"ref": _purl("alertrelay", __version__), "dependsOn": [component["bom-ref"] for component in components]}
        ],
    }


def _components(requirements: str) -> Iterator[dict[str, Any]]:
    for block in re.split(r"\n(?=\S)", requirements):
        if pin := _PIN.match(block):
            hashes = [{"alg": "SHA-256", "content": found} for found in _HASH.findall(block)]
            yield {
                **_component(*pin.groups()),
                "externalReferences": [{"type": "distribution", "url": _purl(*pin.groups()), "hashes": hashes}],
            }


def _component(name: str, version: str) -> dict[str, Any]:
    purl = _purl(name, version)
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{re.sub('[-_.]+', '-', name).lower()}@{version}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was asked; 1 where the tree is not ready for the tag."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check").add_argument("tag")
    commands.add_parser("notes")
    commands.add_parser("sbom")
    args = parser.parse_args(arguments)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        if args.command == "check":
            check(args.tag, changelog)
        elif args.command == "notes":
            print(notes(changelog), end="")
        else:
            print(json.dumps(sbom((ROOT / "requirements" / "layer.txt").read_text(encoding="utf-8")), indent=2))
    except NotReady as fault:
        print(f"release: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
