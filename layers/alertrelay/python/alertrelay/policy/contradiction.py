"""Says whether a matcher contradicts what is known of an alert, where not all of its labels are."""

from __future__ import annotations

from alertrelay.alert import Labels
from alertrelay.config.matchers import MatcherError, parse_matcher
from alertrelay.policy.matchers import matches


def contradicts(text: str, known: Labels) -> bool:
    """Returns whether a matcher, as it is printed, is of a label that is known and does not match it. A text that is no
    matcher contradicts nothing."""
    try:
        matcher = parse_matcher(text)
    except MatcherError:
        return False
    return matcher.name in known and not matches((matcher,), known)
