"""The handlers that the template names, imported as Lambda would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.node import use_packaged_node
from infra.synth import ROOT
from tests.infra.template import Template

use_packaged_node()

from infra.stacks import FORWARDERS  # noqa: E402 - importing the CDK starts node, which is found first

IMPORT = """\
import importlib, json, sys
module_name, _, attribute = sys.argv[1].rpartition(".")
module = importlib.import_module(module_name)
handler = getattr(module, attribute)
print(json.dumps({"file": module.__file__, "callable": callable(handler), "channels": sorted(handler.channels)}))
"""


@pytest.mark.parametrize("name", FORWARDERS)
def test_every_handler_imports_from_its_asset_without_any_environment(
    assembly: Path, relay: Template, environment: str, name: str
) -> None:
    (function,) = (
        r
        for r in relay.of_type("AWS::Lambda::Function").values()
        if r["Properties"]["FunctionName"] == f"alertrelay-{environment}-{name}"
    )
    asset = (assembly / f"assembly-{environment}" / function["Metadata"]["aws:asset:path"]).resolve()
    layer = ROOT / "layers" / "alertrelay" / "python"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT, function["Properties"]["Handler"]],
        cwd=asset,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{asset}{os.pathsep}{layer}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert Path(found["file"]).is_relative_to(asset)
    assert found["callable"] is True
    # Permissions are made of this table: a channel that only the handler knows would be refused by IAM.
    assert found["channels"] == sorted(FORWARDERS[name][1])


def test_every_file_of_lambdas_is_a_function_s_handler_and_there_is_no_other(prod: Template, busy: Template) -> None:
    functions = [one for relay in (prod, busy) for one in relay.of_type("AWS::Lambda::Function").values()]
    named = {function["Properties"]["Handler"] for function in functions}
    assert named == {f"lambdas.{path.stem}.handler" for path in (ROOT / "lambdas").glob("[!_]*.py")}
