"""Finds the folder of the user's configuration: `--config-dir`, else ALERTRELAY_CONFIG_DIR, else the working folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

VARIABLE = "ALERTRELAY_CONFIG_DIR"
DEFAULT = Path("config")
FLAG = "--config-dir"
_MARK = "alertmanager.yml"
_MEND = "name the folder that holds alertmanager.yml, delivery.yml and environments/"


class NoConfigFolder(ValueError):
    """The named folder does not exist, or is none. The text says where it was named, what is there, and the mend."""


def config_folder(named: Path | None, environ: Mapping[str, str], *, otherwise: Path | None = None) -> Path:
    """Return the configuration folder, as it was spelt. Raises NoConfigFolder.

    Without a name it is `otherwise`, else `config` in the working folder, or the working folder itself where there is
    no `config` and alertmanager.yml stands in it.
    """
    if named is not None:
        return checked(named, said=f"{FLAG} {named}")
    if from_environment := environ.get(VARIABLE, ""):
        return checked(Path(from_environment), said=f"{VARIABLE}={from_environment}")
    if otherwise is not None:
        return otherwise
    if not DEFAULT.exists() and Path(_MARK).is_file():
        return Path()
    return DEFAULT


def checked(folder: Path, *, said: str) -> Path:
    """Return the folder if there is one. `said` is where its name came from. Raises NoConfigFolder."""
    try:
        if folder.is_dir():
            return folder
        there = "is a file" if folder.exists() else "does not exist"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        there = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise NoConfigFolder(f"{said}: expected a folder, and it {there}; {_MEND}")
