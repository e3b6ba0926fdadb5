"""What stands between a tag and a release."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from alertrelay import __version__

from tools.release import NotReady, check, main, notes, sbom

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = f"""\
# Changelog

## [Unreleased]

- new

## [{__version__}] - 2026-12-01

### Added
- all of it

## [0.0.1]
- old
"""
LAYER = """\
requests==2.34.2 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
    # via -r requirements/layer.in
tzdata==2026.1 ; python_version < '4' \\
    --hash=sha256:{a}
""".format(a="a" * 64, b="b" * 64)


def test_the_notes_are_the_section_of_the_version() -> None:
    assert notes(CHANGELOG) == "### Added\n- all of it\n"


def test_a_tag_of_another_version_is_refused() -> None:
    check(f"v{__version__}", CHANGELOG)
    with pytest.raises(NotReady, match=f"the tag is v9.9.9 and the version {__version__}"):
        check("v9.9.9", CHANGELOG)


def test_a_version_without_notes_is_refused() -> None:
    with pytest.raises(NotReady, match="rename \\[Unreleased\\]"):
        check(f"v{__version__}", "# Changelog\n\n## [Unreleased]\n- new\n")


def test_the_sbom_names_each_pinned_package_with_its_hashes() -> None:
    document = sbom(LAYER)
    assert [c["purl"] for c in document["components"]] == ["pkg:pypi/requests@2.34.2", "pkg:pypi/tzdata@2026.1"]
    (files,) = document["components"][0]["externalReferences"]
    assert [found["content"] for found in files["hashes"]] == ["a" * 64, "b" * 64]
    assert document["dependencies"][0]["dependsOn"] == [c["bom-ref"] for c in document["components"]]


def test_the_sbom_is_one_that_the_attestation_takes_and_the_same_each_time() -> None:
    """actions/attest (src/sbom.ts) takes a document for CycloneDX by these three fields, although the format
    itself does not ask for a serial number."""
    document = sbom(LAYER)
    assert document["bomFormat"] == "CycloneDX"
    assert document["specVersion"]
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", document["serialNumber"]
    )
    assert sbom(LAYER) == document
    assert sbom(LAYER.replace("2026.1", "2026.2"))["serialNumber"] != document["serialNumber"]


def test_the_sbom_of_this_tree_has_every_package_of_the_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sbom"]) == 0
    pins = (ROOT / "requirements" / "layer.txt").read_text().count("==")
    assert capsys.readouterr().out.count('"bom-ref"') == pins + 1


def test_workflows_and_templates_are_yaml_with_a_purpose() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {"contents": "read"}, path.name
        assert all("timeout-minutes" in job for job in workflow["jobs"].values()), path.name
    forms = [path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"]
    assert forms
    for path in forms:
        form = yaml.safe_load(path.read_text())
        assert {"name", "description", "body"} <= set(form), path.name
