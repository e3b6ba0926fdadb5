"""Explores the protocol: every scope must hold, and every broken variant must be caught.

python -m tools.protocol_model [NAME ...]    all of it (minutes), or these scopes and variants, each with its trace
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tools.protocol_model.explore import Model, Verdict, check
from tools.protocol_model.fallback import FALLBACK_BROKEN, FALLBACK_SCOPES, Fallback
from tools.protocol_model.group import Group
from tools.protocol_model.lost import LOST_BROKEN, LOST_SCOPES, LostTable
from tools.protocol_model.move import Move
from tools.protocol_model.scopes import BROKEN, SCOPES
from tools.protocol_model.wakings import WAKING_BROKEN, WAKING_SCOPES, WakingAll

MOVES: Sequence[Sequence[int]] = ([], [5], [3], [5, 6], [6])
"""What comes while a group is moved, as k."""
MOVE_BROKEN = {
    "nocheck": "the mover ignores a newer alert item",
    "nohomes": "a resolve goes only to its own code's group",
    "endfirst": "resolved in the old group before it is durable in the new one",
    "movedodd": "`moved` is newer than the same update",
}


def holding() -> Iterator[tuple[str, Callable[[], Model]]]:
    """Yields every scope of the right protocol, by name."""
    for name, scope in SCOPES.items():
        yield name, partial(Group, scope)
    for name, fallback in FALLBACK_SCOPES.items():
        yield f"fallback-{name}", partial(Fallback, fallback)
    for name, lost in LOST_SCOPES.items():
        yield f"lost-{name}", partial(LostTable, lost)
    for name, waking in WAKING_SCOPES.items():
        yield f"waking-{name}", partial(WakingAll, waking)
    for back in (False, True):
        for events in MOVES:
            name = f"move-{'-'.join(map(str, events)) or 'alone'}{'-rollback' if back else ''}"
            yield name, partial(Move, list(events), 2, back=back)


def broken() -> Iterator[tuple[str, str, list[Callable[[], Model]]]]:
    """Yields every broken variant: its name, what is wrong, and the models of which one must catch it."""
    for name, (flag, where, what) in BROKEN.items():
        yield name, what, [partial(Group, SCOPES[where], flag)]
    for name, (flag, where, what) in FALLBACK_BROKEN.items():
        yield name, what, [partial(Fallback, FALLBACK_SCOPES[where], flag)]
    for name, (flag, where, what) in LOST_BROKEN.items():
        yield name, what, [partial(LostTable, LOST_SCOPES[where], flag)]
    for name, (flag, where, what) in WAKING_BROKEN.items():
        yield name, what, [partial(WakingAll, WAKING_SCOPES[where], flag)]
    for flag, what in MOVE_BROKEN.items():
        tries = [(events, back) for back in (False, True) for events in MOVES]
        yield f"move-{flag}", what, [partial(Move, list(e), 2, flag, back) for e, back in tries]


def main(names: Sequence[str]) -> int:
    """Prints a line a scope and a variant. Returns 1 where a scope does not hold or a variant is not caught."""
    failed = False
    for name, model in holding():
        if not names or name in names:
            found = check(model())
            failed |= bool(found.broken)
            print(f"{name:26s} {found.broken or 'holds':60s} {found.states:>10,} states", flush=True)
            if found.broken:
                _show(found)
    for name, what, models in broken():
        if not names or name in names:
            caught = next((found for model in models if (found := check(model())).broken), None)
            failed |= caught is None
            print(f"{name:26s} {'caught: ' + caught.broken if caught else 'NOT CAUGHT'}  ({what})", flush=True)
            if names and caught:
                _show(caught)
    return int(failed)


def _show(found: Verdict) -> None:
    print("   " + "\n   ".join(found.trace), "\n  ", found.last)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
