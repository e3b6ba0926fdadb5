"""Words for a file that cannot be read or written: which one, why, and the mend."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def unreadable(error: Exception, path: str | Path) -> str:
    """Returns the sentence about a file that was to be read. ValueError is a name with a NUL in it."""
    return f"{_name(error, path)} cannot be read: {_why(error)}; name a file that may be read"


def unwritable(error: Exception, path: str | Path) -> str:
    """Returns the sentence about a file that was to be written."""
    return f"{_name(error, path)} cannot be written: {_why(error)}; name a file in a folder in which you may write"


def overwriting(target: Path | None, read: Iterable[str | Path | None]) -> str:
    """Returns the sentence about a file that was to be written over what the command `read`, by any of its names; ""
    where it is another one."""
    if target is None or not target.exists():
        return ""
    if any(one and Path(one).exists() and Path(one).samefile(target) for one in read):
        return f"{target} is read by this command, which would write over it: name another file to be written"
    return ""


def _name(error: Exception, path: str | Path) -> str:
    return str(getattr(error, "filename", None) or path)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
