"""The project's language: the words of docs/glossary.md, docstrings that open with a verb, and short names of tests.

`pytest tests/language -s` prints the shares.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.language.words import banned
from tools.structure.product import Product, read
from tools.structure.words import HERE, docstrings, listed

ROOT = Path(__file__).parents[2]
PACKAGE = "layers/alertrelay/python/"
WIRE_NAMES = listed(HERE / "wire_names.txt")
PAGES = ("*.md", "docs/**/*.md", "runbooks/*.md", "events/**/*.md", "tests/render/golden/**/*")
NOT_WRITTEN_ANEW = ("CHANGELOG.md",)
"""Pages that quote what earlier versions were called."""
VERBS, RELATIVES = 0.40, 0.02
TEST_NAME = 80


@pytest.fixture(scope="module")
def product() -> Product:
    return read(ROOT)


def texts(product: Product) -> dict[str, str]:
    """Returns product code, pages and messages by their path."""
    found = {module.where: module.text for module in product.in_words}
    for pattern in PAGES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.name not in NOT_WRITTEN_ANEW:
                found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    return found


def test_no_banned_word_stands_in_code_pages_and_messages(product: Product) -> None:
    found = ((where, banned(text, wire_names=WIRE_NAMES)) for where, text in texts(product).items())
    offences = {where: words for where, words in found if words}
    assert offences == {}, "docs/glossary.md has the words to use instead"


def test_docstrings_open_with_a_verb_or_a_noun(product: Product) -> None:
    found = docstrings(product)
    print(f"{found.verbs / found.all:.0%} verbs, {found.relatives / found.all:.1%} free relatives")  # noqa: T201 for -s
    assert found.verbs / found.all >= VERBS
    assert found.relatives / found.all <= RELATIVES


def test_names_of_tests_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        if len(node.name) > TEST_NAME
    ]
    assert long == []


def test_every_wire_name_exists(product: Product) -> None:
    golden = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "wire" / "golden").iterdir())
    known = golden + "".join(module.text for module in product.in_words)
    assert [name for name in sorted(WIRE_NAMES) if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", known)] == []


def test_every_path_of_the_glossary_exists() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:alertrelay|compiler|infra|cli|local|tools)/[\w/.]*)`", page)
    assert len(paths) > 30
    missing = [path for path in paths if not (ROOT / path).exists() and not (ROOT / PACKAGE / path).exists()]
    assert missing == [], "docs/glossary.md names paths that are not there: correct the column `Where it lives`"


@pytest.mark.parametrize("word", ["grouping", "retry", "resolve", "inhibition", "rate limit"])
def test_a_word_of_alertmanager_finds_its_room_in_one_guess(word: str) -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if re.search(rf"^\| [^|]*\b{word}\b", row)]
    assert len(rows) == 1
    assert "`alertrelay/" in rows[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tells whoever asks", ["tells", "whoever"]),
        ("def tell_ops(TellOps)", ["tell", "tell"]),
        ("an\n    # end of it is gone", ["an end", "gone"]),
        ("RECEIVER_GONE = 'receiver_gone', `told`, 'told'", []),
        ("a `tell`; what was told", ["tell", "told"]),
        ("foretold, undergone, a looking glass, fortells", []),
    ],
)
def test_banned_words_are_found_in_prose_and_names_but_not_on_the_wire(text: str, found: list[str]) -> None:
    assert banned(text, wire_names=frozenset({"told", "receiver_gone"})) == found
