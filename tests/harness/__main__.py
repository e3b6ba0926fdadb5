"""`python -m tests.harness --updates 10000`: the scenarios with more updates, over as many seeds as that takes."""

from __future__ import annotations

import argparse
import sys

from tests.harness.scenarios import SCENARIOS, UPDATES, play


def main(arguments: list[str]) -> int:
    """Prints a verdict for each run; returns 1 where one is wrong that is not known to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness", description=__doc__)
    parser.add_argument("--updates", type=int, default=UPDATES * len(SCENARIOS), help="how many in total, at least")
    parser.add_argument("--only", default="", help="scenarios whose name has this in it")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    given = parser.parse_args(arguments)
    chosen = [scenario for scenario in SCENARIOS if given.only in scenario.name]
    done = wrong = lost = unresolved = open_ = duplicates = bound = 0
    seed = given.seed
    while chosen and (done < given.updates or seed == given.seed):
        for scenario in chosen:
            verdict = play(scenario, seed=seed)
            word = "ok   " if not verdict.wrong else "KNOWN" if scenario.known_fault else "WRONG"
            wrong += word == "WRONG"
            done += verdict.updates
            lost, unresolved = lost + len(verdict.lost), unresolved + len(verdict.unresolved)
            open_, duplicates = open_ + len(verdict.incidents_open), duplicates + len(verdict.duplicates)
            bound += verdict.bound
            sys.stdout.write(f"{word} {scenario.name}, seed {seed}: {verdict}\n")
        seed += 1
    sys.stdout.write(
        f"{done} updates: lost {lost}, never resolved {unresolved}, PagerDuty open {open_}, "
        f"duplicates {duplicates} of at most {bound}\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
