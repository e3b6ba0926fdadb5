"""The commands of the AWS CLI in the guides, held as those of the runbooks are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.runbooks import awscli, shell
from tests.runbooks.page import Page

ROOT = Path(__file__).parents[2]
TEXTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("events/*.md"), *ROOT.glob("cli/templates/*")]
)
PAGES = [Page(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in TEXTS if path.is_file()]
WITH = [page for page in PAGES if re.search(r"(?<![\w/.-])aws [a-z0-9]+[ -]", page.text)]


def in_blocks(page: Page) -> list[list[str]]:
    """The calls in blocks of any language: the guides name none."""
    return [call for block in page.blocks for call in shell.commands(block.text, "aws")]


def in_sentences(page: Page) -> list[list[str]]:
    return [call for text in page.quoted("aws") for call in shell.commands(text, "aws")]


@pytest.mark.parametrize("page", WITH, ids=lambda page: page.file)
def test_every_aws_command_of_a_guide_is_one_that_the_cli_takes(page: Page) -> None:
    assert [problem for call in in_blocks(page) for problem in awscli.problems(call)] == []
    assert [problem for call in in_sentences(page) for problem in awscli.problems(call, whole=False)] == []


def test_the_guides_with_commands_are_found() -> None:
    found = {page.file: len(in_blocks(page)) + len(in_sentences(page)) for page in WITH}
    assert found["docs/deploy.md"] >= 6
    assert found["docs/operations.md"] >= 2


@pytest.mark.parametrize("page", WITH, ids=lambda page: page.file)
def test_no_line_of_a_guide_has_a_command_that_no_test_sees(page: Page) -> None:
    seen = {" ".join(call[:2]) for call in [*in_blocks(page), *in_sentences(page)]}
    for service, verb in re.findall(r"(?<![\w/.-])aws ([a-z0-9]+) ([a-z]+(?:-[a-z]+)+)", page.text):
        assert f"{service} {verb}" in seen
