"""Good news or bad: what the words of a state or a sentence suggest.

Whole words count, each with its negation: UNAVAILABLE is not AVAILABLE, "not completed" is bad, "no threats found" is
not.
What the words suggest is a guess; `AlertDraft.guess` says what a guess may do.
"""

from __future__ import annotations

import re
from itertools import pairwise

_WORD = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LONGEST = 2_000
"""Characters of a text that are read: an event's own words stand at its beginning."""

_BAD = re.compile(
    r"fail(s|ed|ing|ure|ures)?|faulty?|faulted|faults|err|errors?|errored|exceptions?|abort(s|ed|ing)?|abandon(ed|ing)?|"
    r"timeout|timedout|reject(s|ed|ion)?|den(y|ied|ies)|refused|forbidden|unauthori[sz]ed|unable|cannot|"
    r"expir(e|ed|es|ing|y|ation)|overdue|rollback|rolledback|"
    r"impair(ed|ment)|unhealthy|degrad(e|ed|es|ing|ation)|disrupt(ed|ion)?|outage|unstable|severe|critical|"
    r"breach(ed|es|ing)?|violat(e|ed|es|ing|ion|ions)|noncompliant|misconfig(ured|uration)?|drift(ed)?|"
    r"lost|loss|los(e|es|ing)|missing|missed|corrupt(ed|ion)?|inconsistent|"
    r"stop(s|ped)?|terminat(e|ed|es|ing|ion)|kill(ed)?|cancel(s|ed|led)?|interrupt(s|ed|ion)?|crash(es|ed|ing)?|"
    r"partial(ly)?|unsuccessful(ly)?|incomplete|unfinished|unresolved|unprocessed|undelivered|undeliverable|"
    r"unavailable|unreachable|unresponsive|inaccessible|disconnect(s|ed|ion)?|offline|down|dead|blocked|stuck|"
    r"exceed(s|ed|ing)?|exhaust(ed|ion)?|insufficient|throttl(e|ed|es|ing)|overload(ed)?|"
    r"invalid|incompatible|inoperable|unsupported|unusable|broken|"
    r"bounce[ds]?|complaints?|threats?|malware|malicious|infect(ed|ion)?|suspicious|compromised?|vulnerab(le|ility|ilities)|"
    r"quarantined?|suspend(ed)?|revoked?|delet(e|ed|es|ing|ion)|disabled?|detached|deregister(ed)?|oom|alarm|red|"
    r"problems?|issues?|escalated|worse(ned)?|deteriorat(e|ed|ing)",
)
_BAD_PAIRS = frozenset(
    {("timed", "out"), ("roll", "back"), ("rolled", "back"), ("rolling", "back"), ("out", "of"), ("shut", "down"),
     ("shutting", "down")}
)  # fmt: skip
_GOOD = re.compile(
    r"succe(ed|eds|eded|ss|ssful|ssfully)|complet(e|ed|es|ing|ion)|finish(es|ed)?|done|pass(ed|es)?|ok|okay|normal|"
    r"available|active|healthy|ready|running|start(s|ed|ing)?|connected|enabled|compliant|deliver(ed|y)|"
    r"recover(s|ed)?|resolved?|restored?|resumed|creat(e|ed|es|ing)|updat(e|ed|es|ing)|applied|deployed|launched|added|registered|attached|published|provisioned|supported|reachable|"
    r"accessible|valid|stable|online|up|synced|synchronized|authori[sz]ed"
)
_NOT = frozenset({"not", "no", "non", "never", "without", "cannot", "neither", "nor", "zero", "0", "nothing", "none"})
_DENIED = frozenset({"not", "never"})
_HARMLESS = frozenset({"applicable", "required", "needed", "only"})
"""What may follow "not" without being bad news."""
_REACH = 3
"""How many words a negation reaches over: "not yet fully available"."""


def is_bad(text: str) -> bool:
    """Return whether the words are bad news: a bad word that nothing negates, or a good one that something does."""
    words = words_of(text)
    if any(pair in _BAD_PAIRS for pair in pairwise(words)):
        return True
    for at, word in enumerate(words):
        if word in _DENIED and _denies_the_unknown(words[at + 1 : at + 1 + _REACH]):
            return True
        negated = _negated(words, at)
        if _BAD.fullmatch(word):
            if not negated:
                return True
        elif negated and _GOOD.fullmatch(word):
            return True
    return False


def is_good(text: str) -> bool:
    """Return whether a word of the text is good news, and none is bad."""
    words = words_of(text)
    return any(_GOOD.fullmatch(word) for word in words) and not is_bad(text)


def words_of(text: str) -> list[str]:
    """Return the words in lower case: TimedOut and TIMED_OUT are both timed, out; "can't" is cannot."""
    plain = re.sub(r"\b(can)['\u2019]t\b", r"\1not", text[:_LONGEST], flags=re.IGNORECASE)
    return [word.lower() for word in _WORD.findall(re.sub(r"n['\u2019]t\b", " not", plain))]


def folded(state: str) -> str:
    """Return a state as tables spell it: IN_PROGRESS, In Progress and inProgress are all inprogress."""
    return re.sub(r"[^a-z0-9]", "", state.lower())


def _denies_the_unknown(after: list[str]) -> bool:
    """Returns whether "not" denies what no list has: "snapshot not copied". That is bad news too, save where it denies
    some."""
    return bool(after) and after[0] not in _HARMLESS and not any(map(_BAD.fullmatch, after))


def _negated(words: list[str], at: int) -> bool:
    """A negation reaches to its right until another word of news takes it."""
    for word in reversed(words[max(0, at - _REACH) : at]):
        if word in _NOT:
            return True
        if _BAD.fullmatch(word) or _GOOD.fullmatch(word):
            return False
    return False
