"""The project's language: the words of docs/glossary.md, docstrings that open with a verb, and short names of tests.

What is finished obeys the whole rule. What is not may hold no more offences than allowed.txt says, and that number only
falls: `pytest tests/language -s` prints where each stands.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.language.words import banned
from tools.structure.product import Module, Product, read
from tools.structure.words import HERE, Docstrings, docstrings, listed

ROOT = Path(__file__).parents[2]
PACKAGE = "layers/alertrelay/python/"
WIRE_NAMES = listed(HERE / "wire_names.txt")
FINISHED = tuple(
    PACKAGE + name if name.startswith("alertrelay/") else name
    for name in sorted(listed(Path(__file__).with_name("finished.txt")))
)
ALLOWED: Mapping[str, float] = {
    name: float(number)
    for name, _, number in (line.partition(" ") for line in listed(Path(__file__).with_name("allowed.txt")))
}
PAGES = ("*.md", "docs/**/*.md", "runbooks/*.md", "events/**/*.md", "tests/render/golden/**/*")
NOT_WRITTEN_ANEW = ("CHANGELOG.md",)
"""Pages that quote what earlier versions were called."""
VERBS, RELATIVES = 0.40, 0.02
TEST_NAME = 80


@pytest.fixture(scope="module")
def product() -> Product:
    return read(ROOT)


def is_finished(where: str) -> bool:
    return any(where == name or (name.endswith("/") and where.startswith(name)) for name in FINISHED)


def texts(product: Product) -> dict[str, str]:
    """Returns product code, pages and messages by their path."""
    found = {module.where: module.text for module in product.in_words}
    for pattern in PAGES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.name not in NOT_WRITTEN_ANEW:
                found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    return found


def opening(product: Product, modules: Iterable[Module]) -> Docstrings:
    return docstrings(Product(root=product.root, package=product.package, modules={m.name: m for m in modules}))


def hold(name: str, now: float, detail: str = "") -> None:
    """Prints a figure beside the one that is allowed, and fails where it is higher."""
    print(f"{name}: {now:g}, allowed {ALLOWED[name]:g}")  # noqa: T201 the figure is to be read with -s
    assert now <= ALLOWED[name], f"{name}: at most {ALLOWED[name]:g} allowed, {now:g} found. {detail}"


def test_what_is_finished_holds_no_banned_word(product: Product) -> None:
    offences = {
        where: found
        for where, text in texts(product).items()
        if is_finished(where) and (found := banned(text, wire_names=WIRE_NAMES))
    }
    assert offences == {}


def test_banned_words_elsewhere_only_become_fewer(product: Product) -> None:
    counts = {
        where: len(found)
        for where, text in texts(product).items()
        if not is_finished(where) and (found := banned(text, wire_names=WIRE_NAMES))
    }
    worst = sorted(counts.items(), key=lambda item: -item[1])[:10]
    hold("banned_words", sum(counts.values()), f"Most are in {worst}; see docs/glossary.md")


def test_docstrings_of_finished_rooms_open_with_a_verb(product: Product) -> None:
    found = opening(product, [m for m in product.in_words if is_finished(m.where)])
    if found.all:
        assert found.verbs / found.all >= VERBS
        assert found.relatives / found.all <= RELATIVES


def test_docstrings_elsewhere_only_become_better(product: Product) -> None:
    found = opening(product, product.modules.values())
    missing = max(0.0, VERBS - found.verbs / found.all)
    hold("percent_of_docstrings_short_of_the_goal_for_verbs", round(100 * missing, 1))
    hold("percent_of_docstrings_with_a_free_relative", round(100 * found.relatives / found.all, 1))


def test_names_of_tests_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        if len(node.name) > TEST_NAME
    ]
    hold("long_names_of_tests", len(long), str(long[:10]))


def test_every_finished_name_and_wire_name_exists(product: Product) -> None:
    assert [name for name in FINISHED if not (ROOT / name).exists()] == []
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
