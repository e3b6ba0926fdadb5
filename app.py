"""The CDK app: `cdk deploy 'prod/*'`, or without the CDK command `CDK_OUTDIR=DIR .venv/bin/python app.py`.

ALERTRELAY_CONFIG_DIR names the folder of the configuration; without it the example in config/ is synthesised.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from compiler.config_folder import config_folder
from infra.node import NodeMissing, use_packaged_node


def main(config_dir: Path | None = None) -> int:
    """Synthesise every environment of a folder, by default the one that ALERTRELAY_CONFIG_DIR names, and return 0; or
    say on stderr what is wrong with the input, and return 1."""
    try:
        use_packaged_node()
    except NodeMissing as fault:
        print(f"synth: {fault}", file=sys.stderr)
        return 1
    # Only now: importing the CDK starts node.
    from infra.application import ConfigurationInvalid, TemplateRefused, synthesise
    from infra.assets import BuildFailed

    try:
        config = config_folder(config_dir, os.environ, otherwise=Path(__file__).parent / "config")
        synthesise(config, os.environ)
    except ConfigurationInvalid as fault:
        print(fault, file=sys.stderr)
        return 1
    except (BuildFailed, TemplateRefused, ValueError) as fault:
        print(f"synth: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
