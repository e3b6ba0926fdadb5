"""Finds the folder of a team's Prometheus rules."""

from __future__ import annotations

from pathlib import Path

FOLDER = "rules"
PARAMETERS = "parameters.yml"
TEMPLATES = "templates"
RENDERED = "rendered"


def rules_folder(config: Path) -> Path | None:
    """Returns rules/ in the configuration folder, or else beside it; None where there is none with parameters or
    templates."""
    for folder in (config / FOLDER, config.absolute().parent / FOLDER):
        if (folder / PARAMETERS).is_file() or (folder / TEMPLATES).is_dir():
            return _short(folder)
    return None


def _short(folder: Path) -> Path:
    """Returns the path from the working folder where it is below that: findings name files as a person would."""
    try:
        return folder.relative_to(Path.cwd())
    except ValueError:
        return folder
