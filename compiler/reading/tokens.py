"""Finds what looks like a token, a key or a secret address in a text, by the forms that services give theirs.

No finding shows one: it may be a real one, and what `check` prints ends in the log of a pipeline.
"""

from __future__ import annotations

import re

_BEFORE = r"(?<![A-Za-z0-9])"
_PREFIXES = r"xox[a-z]-|xapp-|glsa_|glc_|glpat-|gh[a-z]_|github_pat_|ATATT3|A[KS]IA(?=[A-Z0-9]{16})|eyJ"
"""Of Slack, Grafana, GitLab, GitHub, Atlassian, AWS and JSON web tokens, as in gitleaks' config/gitleaks.toml."""
_BY_CHANCE = r"(?=[A-Za-z]{0,11}[0-9])(?=[0-9]*(?:[A-Za-z]+[0-9]+){2})"
"""Digits early and more than once. What CloudFormation names has its digest behind a word."""
_OF_WORDS = r"(?![A-Za-z0-9]{0,60}?[a-z]{5}[A-Z0-9][A-Za-z0-9]{0,60}?[a-z]{5})"
"""No name of words: P99LatencyOver2Seconds."""
_FORMS = (
    rf"{_BEFORE}(?P<prefix>{_PREFIXES})(?=[a-z_.-]{{0,200}}[0-9A-Z])[A-Za-z0-9_.=+/-]{{10,}}",
    rf"{_BEFORE}(?P<hex>[0-9a-fA-F]{{4}})[0-9a-fA-F]{{28,}}(?![A-Za-z0-9])",
    r"(?<![\w/:-])(?P<uuid>[0-9a-fA-F]{4})[0-9a-fA-F]{4}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])",
    rf"{_BEFORE}{_BY_CHANCE}{_OF_WORDS}(?P<random>[A-Za-z0-9]{{4}})[A-Za-z0-9]{{16,}}",
    r"(?P<webhook>hooks\.slack\.com/[a-z]{1,20}/|discord(?:app)?\.com/api/webhooks/)[^\s\"'<>|)]+",
    r"(?P<password>://[^\s/:@\"']*:)[^\s/@\"']+(?=@)",
)
_TOKEN = re.compile("|".join(_FORMS))
_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def looks_like_token(text: str) -> bool:
    """Returns whether a token stands in a text."""
    return _TOKEN.search(text) is not None


def looks_random(name: str) -> bool:
    """Returns whether a name has a run of 20 letters and digits whose case changes as in no words: fewer than three
    characters to a word of camel case. Of 58,666 such names in Python's packages that was so of 155, nearly all of them
    tokens; of random ones it misses about four in a hundred."""
    return any(len(run) < 3 * len(_WORD.findall(run)) for run in _RUN.findall(name))


def without_tokens(text: str) -> str:
    """Returns the text with the first characters alone of each token."""
    return _TOKEN.sub(lambda found: f"{found[found.lastgroup or 0]}…", text)
