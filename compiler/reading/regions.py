"""The regions of AWS, as botocore has them."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from compiler.reading.finding import did_you_mean


@cache
def regions() -> frozenset[str]:
    """Return the names of all regions of all partitions. Source: partitions.json of botocore."""
    partitions = _partitions()["partitions"]
    return frozenset(name for partition in partitions for name in partition["regions"] if not name.endswith("-global"))


def _partitions() -> Any:
    """Return the file without importing botocore, which takes longer than a whole check; by its loader where the file
    has another name."""
    spec = find_spec("botocore")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, "data", "partitions.json")
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    from botocore.loaders import Loader

    return Loader().load_data("partitions")


def region_fault(name: str) -> str:
    """Return what is wrong with the name of a region and the mend, "" for one that there is."""
    if name in regions():
        return ""
    near = did_you_mean(name, regions(), "as in eu-west-1")
    return f"is not a region of AWS that botocore knows; {near} (a newer one needs a newer botocore)"
