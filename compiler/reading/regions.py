"""The regions of AWS, as botocore has them."""

from __future__ import annotations

from functools import cache

from compiler.reading.finding import did_you_mean


@cache
def regions() -> frozenset[str]:
    """Return the names of all regions of all partitions. Source: partitions.json of botocore."""
    from botocore.loaders import Loader

    partitions = Loader().load_data("partitions")["partitions"]
    return frozenset(name for partition in partitions for name in partition["regions"] if not name.endswith("-global"))


def region_fault(name: str) -> str:
    """Return what is wrong with the name of a region and the mend, "" for one that there is."""
    if name in regions():
        return ""
    near = did_you_mean(name, regions(), "as in eu-west-1")
    return f"is not a region of AWS that botocore knows; {near} (a newer one needs a newer botocore)"
