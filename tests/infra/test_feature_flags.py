"""cdk.json has the feature flags that the CDK recommends for new apps, all of them by their recommended value."""

from __future__ import annotations

import json
import tarfile
from importlib.resources import files
from pathlib import Path

from infra.synth import ROOT


def test_cdk_json_sets_the_flags_that_the_library_recommends() -> None:
    (archive,) = Path(str(files("aws_cdk") / "_jsii")).glob("aws-cdk-lib@*.jsii.tgz")
    with tarfile.open(archive) as library:
        member = library.extractfile("package/recommended-feature-flags.json")
        assert member is not None
        recommended = json.load(member)
    assert json.loads((ROOT / "cdk.json").read_text())["context"] == recommended
