"""docs/architecture.md names every module, and nothing that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.architecture_map import BEGIN, END, ROOT, faults, first_sentence, listing, main, modules

HAND_WRITTEN = (
    "# Architecture\n\n`relay/route.py` routes, `relay/` is the package, `relay.route` and infra/app.py too.\n"
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository whose page is current."""
    package = tmp_path / "layers" / "relay" / "python" / "relay"
    write(package / "__init__.py", "")
    write(package / "route.py", '"""Finds the receivers of an alert. Pure."""\n')
    write(tmp_path / "infra" / "app.py", '"""Builds the `prod|dev`\nstacks."""\n')
    write(tmp_path / "tests" / "test_route.py", "")
    write(tmp_path / "docs" / "architecture.md", f"{HAND_WRITTEN}\n{BEGIN}\n{END}\n\nMore.\n")
    assert main(["--write"], tmp_path) == 0
    return tmp_path


def add_line(root: Path, line: str) -> None:
    page = root / "docs" / "architecture.md"
    page.write_text(f"{page.read_text()}{line}\n")


def test_the_page_names_every_module_and_none_that_is_not_there() -> None:
    assert faults(ROOT) == []


def test_the_folders_of_this_repository_are_found_by_themselves() -> None:
    paths = {path for files in modules(ROOT).values() for path in files}
    assert {"app.py", "alertrelay/alert.py", "infra/assets.py", "tools/architecture_map.py"} <= paths
    assert {path.name for path in (ROOT / "lambdas").glob("[!_]*.py")} <= {Path(path).name for path in paths}
    assert not [path for path in paths if path.startswith(("tests/", ".", "cdk.out/", "node_modules/"))]


def test_the_list_shows_the_first_sentence_and_leaves_what_is_written_by_hand(root: Path) -> None:
    page = (root / "docs" / "architecture.md").read_text()
    assert "| `relay/route.py` | Finds the receivers of an alert |\n" in page
    assert "| `infra/app.py` | Builds the `prod\\|dev` stacks |\n" in page
    assert page.startswith(HAND_WRITTEN)
    assert page.endswith(f"{END}\n\nMore.\n")
    assert "tests/" not in page


@pytest.mark.parametrize("path", ["layers/relay/python/relay/mute.py", "cli/sub/run.py", "setup.py"])
def test_a_new_module_makes_the_list_stale_until_it_is_written(
    root: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = path.removeprefix("layers/relay/python/")
    write(root / path, '"""Does it."""\n')
    assert main(["--check"], root) == 1
    advice = "the list of modules is not current; run python -m tools.architecture_map --write"
    assert f"{advice} (differs: {named})\n" in capsys.readouterr().err
    assert main(["--write"], root) == 0


def test_a_module_without_docstring_is_named(root: Path) -> None:
    write(root / "infra" / "topics.py", "x = 1\n")
    assert main(["--write"], root) == 1
    assert [fault.partition(":")[0] for fault in faults(root)] == ["infra/topics.py"]


def test_a_module_that_moved_is_named_by_the_lines_that_still_have_its_old_place(root: Path) -> None:
    package = root / "layers" / "relay" / "python" / "relay"
    write(package / "__pycache__" / "route.pyc", "left behind")
    (package / "route.py").rename(write(package / "policy" / "route.py", ""))
    assert main(["--write"], root) == 1
    assert [fault.partition(" is not")[0] for fault in faults(root)] == [
        "docs/architecture.md:3: relay/route.py",
        "docs/architecture.md:3: relay.route",
    ]


@pytest.mark.parametrize("name", ["`relay/none/`", "`infra/none.py`", "none.py", "`relay.none`", "`docs/none.md`"])
def test_a_name_of_nothing_is_found_at_its_line(root: Path, name: str) -> None:
    add_line(root, f"See {name} for more.")
    (fault,) = faults(root)
    assert f"{name.strip('`')} is not there; name it from the root, or as it is imported" in fault
    assert fault.startswith(
        f"docs/architecture.md:{len((root / 'docs' / 'architecture.md').read_text().splitlines())}:"
    )


@pytest.mark.parametrize("text", ["`A#<alert>` / `A`", "`notify.decide`", "`make run`", "```\nnone.py\n```", "and/or"])
def test_what_is_no_path_is_left_alone(root: Path, text: str) -> None:
    add_line(root, text)
    assert faults(root) == []


@pytest.mark.parametrize("page", ["nothing", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{BEGIN}\n{END}\n"])
def test_a_page_without_its_markers_says_which_lines_it_wants(
    root: Path, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root / "docs" / "architecture.md", page)
    assert main(["--write"], root) == 1
    assert "were expected, each once and in this order" in capsys.readouterr().err
    assert (root / "docs" / "architecture.md").read_text() == page


def test_a_sentence_ends_where_its_line_breaks_do_not(tmp_path: Path) -> None:
    module = write(tmp_path / "a.py", '"""Reads v1.2 of a\nfile! Then more.\n\nRaises."""\n')
    assert first_sentence(module) == "Reads v1.2 of a file!"
    assert listing(tmp_path).count("| `a.py` |") == 1
