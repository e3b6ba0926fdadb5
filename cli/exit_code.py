"""The exit codes that mean the same for every command. docs/commands.md lists those of each."""

from __future__ import annotations

CRASHED = 3
"""A crash: 1 and 2 are answers of the commands."""
INTERRUPTED = 130
"""Ended by Ctrl-C: 128 and the number of SIGINT, as shells have it."""
