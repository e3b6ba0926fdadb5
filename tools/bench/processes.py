"""Reads what a process has taken, and gives it a share of a core."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

CORE_MB = 1769
"""Lambda gives a function of so much memory one whole core, and others in proportion:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
_PERIOD = 20_000
_GROUPS = Path("/sys/fs/cgroup/cpu")


def cpu_ms(pid: int) -> float:
    """Return the CPU time of a process, all threads that still run, in milliseconds. 0 for one that has ended."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(task.read_text().split()[0])
    return total / 1e6


def peak_mb(pid: int) -> float:
    """Return the most memory that a process had resident so far (VmHWM), in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no VmHWM")


def runtime_of(pid: int) -> int | None:
    """Return the process of the runtime client below an emulator, None before it was started."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            with contextlib.suppress(OSError):
                if b"awslambdaric" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
            if found := runtime_of(int(child)):
                return found
    return None


def can_share() -> bool:
    """Return whether this machine lets us bound the CPU of a process (cgroup v1)."""
    with share(1024) as group:
        return group is not None


@contextlib.contextmanager
def share(memory_mb: int) -> Iterator[Path | None]:
    """Give a control group with the share of a core that a function of that memory has; None where there is none."""
    group = _GROUPS / f"alertrelay-bench-{uuid.uuid4().hex[:8]}"
    try:
        group.mkdir()
        (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(_PERIOD * memory_mb // CORE_MB))
    except OSError:
        with contextlib.suppress(OSError):
            group.rmdir()
        yield None
        return
    try:
        yield group
    finally:
        for _ in range(50):  # a process that has just ended is still in it for a moment
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.02)


def move(pid: int, group: Path) -> None:
    """Put a process into a control group, and with it what it starts from now on."""
    (group / "cgroup.procs").write_text(str(pid))
    os.sched_yield()
