"""The tests' own copy of the example configuration, so that config/ may hold anything."""

from __future__ import annotations

from pathlib import Path

CONFIG = Path(__file__).parent / "shipped" / "config"
EXAMPLES = Path(__file__).resolve().parents[1] / "config"
"""What no test opens: it is the user's."""
