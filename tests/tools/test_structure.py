"""The counting rules of tools/structure, each on a small tree made for it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tools.structure import __main__ as command
from tools.structure import channels, product, rooms, sizes, stages, trace, walk, words

Made = Callable[[dict[str, str]], product.Product]
PACKAGE = "layers/relay/python/relay"


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Write files under a root that has a package, and read the product. `@` in a path is the package's folder."""

    def make(files: dict[str, str]) -> product.Product:
        for name, text in {"@/__init__.py": "", **files}.items():
            path = tmp_path / name.replace("@", PACKAGE)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return product.read(tmp_path)

    return make


def test_tests_and_hidden_folders_are_no_product(made: Made) -> None:
    tree = made({"tests/test_a.py": "", ".venv/b.py": "", "cdk.out/c.py": "", "infra/d.py": ""})
    assert sorted(m.where for m in tree.modules.values()) == ["infra/d.py", f"{PACKAGE}/__init__.py"]


def test_a_tree_without_a_package_is_refused_with_the_place_looked_at(tmp_path: Path) -> None:
    with pytest.raises(product.NoPackage, match=r"layers/\*/python"):
        product.read(tmp_path)


def test_a_room_is_a_folder_or_a_module_beside_folders(made: Made) -> None:
    tree = made({"@/alert.py": "", "@/channels/__init__.py": "", "@/channels/a/x.py": "", "@/channels/b/x.py": ""})
    assert rooms.package(tree).rooms == [f"{PACKAGE}/alert.py", f"{PACKAGE}/channels"]


def test_the_house_counts_the_package_as_one_room_or_by_its_own(made: Made) -> None:
    tree = made({"app.py": "", "infra/x.py": "", "@/a.py": "", "@/b.py": ""})
    assert rooms.house(tree).rooms == ["app.py", "infra", "layers"]
    assert rooms.open_house(tree).rooms == ["app.py", "infra", f"{PACKAGE}/a.py", f"{PACKAGE}/b.py"]


def test_floors_are_the_longest_chain_and_arrows_the_pairs_of_rooms(made: Made) -> None:
    tree = made(
        {
            "@/low.py": "",
            "@/mid/a.py": "from relay import low",
            "@/mid/b.py": "from relay.low import x",
            "@/top.py": "def f():\n    import relay.mid.a\n    from .low import x",
        }
    )
    found = rooms.package(tree)
    assert (len(found.rooms), found.floors, found.arrows, found.reduced) == (3, 3, 3, 2)


def test_a_face_draws_no_arrow(made: Made) -> None:
    tree = made({"@/__init__.py": "from relay import a", "@/a.py": "import relay", "@/b.py": ""})
    assert rooms.package(tree).arrows == 0


def test_rooms_in_a_circle_share_a_floor_and_keep_their_arrows() -> None:
    graph = {"a": {"b"}, "b": {"a", "c"}, "c": set[str](), "d": {"a", "b", "c"}}
    assert rooms.floors(graph) == {"c": 1, "a": 2, "b": 2, "d": 3}
    assert {"b"} <= rooms.reduced(graph)["a"]
    assert "a" in rooms.reduced(graph)["b"]
    assert "c" not in rooms.reduced(graph)["d"]


def test_the_fewest_imports_of_a_circle_run_up_in_any_folder(made: Made) -> None:
    tree = made(
        {
            "@/config/listing.py": "from relay.config.alarms.plan import x",
            "@/config/alarms/plan.py": "",
            "@/config/alarms/a.py": "import relay.config.listing",
            "@/config/alarms/b.py": "import relay.config.listing",
        }
    )
    assert rooms.arrows_up(tree) == [f"{PACKAGE}/config/listing.py -> {PACKAGE}/config/alarms/plan.py"]


def test_a_hop_is_a_stay_in_a_room_and_a_climb_goes_to_a_higher_floor(made: Made) -> None:
    tree = made(
        {
            "@/tell.py": "from relay.low import f\ndef tell(group):\n    x = f(group)\n    g(x)\ndef g(y):\n    f(y)\n",
            "@/low.py": "def f(value):\n    return value\n",
        }
    )
    found = walk.walk(tree, "relay.tell.tell")
    assert [name.rpartition("/")[2] for name in found.stays] == ["tell.py", "low.py", "tell.py", "low.py"]
    assert found.climbs == 1


def test_a_call_without_the_value_and_a_class_are_no_hops(made: Made) -> None:
    tree = made(
        {
            "@/tell.py": "from relay.low import C, f\ndef tell(group):\n    f(1)\n    return C(group)\n",
            "@/low.py": "class C: ...\ndef f(value): ...\n",
        }
    )
    assert len(walk.walk(tree, "relay.tell.tell").stays) == 1


def test_a_method_is_followed_where_one_class_alone_has_it(made: Made) -> None:
    one = {"@/tell.py": "def tell(group):\n    group.config.target(group)\n"}
    one["@/model.py"] = "class Config:\n    def target(self, name): ...\n"
    assert len(walk.walk(made(one), "relay.tell.tell").stays) == 2
    two = {**one, "@/other.py": "class Other:\n    def target(self): ...\n"}
    assert len(walk.walk(made(two), "relay.tell.tell").stays) == 1


def test_the_stages_of_a_list_are_walked_in_its_order(made: Made) -> None:
    tree = made(
        {
            "@/notify.py": "from relay.a import a\nfrom relay.b import b\nSTAGES = (b, a)\n"
            "def announce(group):\n    for stage in STAGES:\n        group = stage(group)\n",
            "@/a.py": "def a(group): ...\n",
            "@/b.py": "def b(group): ...\n",
        }
    )
    found = walk.walk(tree, "relay.notify.announce")
    assert [name.rpartition("/")[2] for name in found.stays] == ["notify.py", "b.py", "a.py"]
    assert not found.lost


def test_a_call_that_cannot_be_followed_is_lost_and_not_left_out_in_silence(made: Made) -> None:
    tree = made({"@/tell.py": "def tell(group, stage):\n    stage(group)\n"})
    assert walk.walk(tree, "relay.tell.tell").lost == ["relay.tell:2 stage"]


def test_an_entry_that_is_not_there_is_named(made: Made) -> None:
    with pytest.raises(walk.NoEntry, match=r"relay\.tell\.nothing"):
        walk.walk(made({"@/tell.py": ""}), "relay.tell.nothing")


def test_files_name_a_channel_by_kind_key_or_settings_class(made: Made) -> None:
    tree = made(
        {
            "@/kinds.py": "KINDS = ('slack',)",
            "@/keys.py": "KEY = 'slack_configs'",
            "@/dispatch.py": "def f(s):\n    return isinstance(s, SlackSettings)",
            "@/prose.py": '"""slack"""\ndef f():\n    "slack"\nX = \'slack is one\'',
            "@/channels/slack/sender.py": "KIND = 'slack'",
        }
    )
    found = channels.files_naming_channel(tree, "slack")
    assert [Path(file).name for file in found.others] == ["dispatch.py", "keys.py", "kinds.py"]
    assert [Path(file).name for file in found.own] == ["sender.py"]


def test_sizes_count_files_with_lines_and_every_function(made: Made) -> None:
    tree = made({"app.py": "x\n" * 50, "infra/a.py": "def f():\n    def g():\n        pass\n", "infra/b.py": "x = 1\n"})
    found = sizes.sizes(tree)
    assert (found.files, found.file_median, found.file_p95) == (2, 2, 3)
    assert (found.functions, found.function_p95, found.function_max) == (2, 3, 3)
    assert found.longest == "infra/a.py:1 f"


def test_the_weight_is_that_of_the_package_alone(made: Made) -> None:
    found = sizes.weight(made({"infra/a.py": "x = 1\n", "@/a.py": "é = 1\n"}))
    assert (found.files, found.lines, found.bytes) == (2, 1, 7)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Return", "the", True),
        ("Returns", "the", True),
        ("Pushes", "it", True),
        ("Applies", "it", True),
        ("Records", "why", True),
        ("Records", "of", False),
        ("The", "alert", False),
        ("What", "adds", False),
    ],
)
def test_a_verb_is_known_as_an_order_and_in_the_third_person(first: str, second: str, expected: bool) -> None:
    assert words.is_verb(first, second, {"return", "push", "apply", "record"}) is expected


def test_docstrings_count_where_public_and_not_mere_references(made: Made) -> None:
    text = (
        '"""What it is."""\ndef f():\n    """Return it."""\ndef _g():\n    """Return it."""\n'
        'class C:\n    """The thing."""\n    def m(self):\n        """See ports.Clock."""\n'
    )
    found = words.docstrings(made({"@/a.py": text}))
    assert (found.all, found.verbs, found.relatives) == (3, 1, 1)


def test_words_count_in_names_and_prose_but_not_where_they_are_wire_names(made: Made) -> None:
    text = "# told\ntell_ops(TellOps, 'told_at', told_at)\nnotify(Notify, notified, 'retold stellar')\n"
    tree = made({"@/a.py": text})
    assert (words.vocabulary(tree, {"told_at"}).old, words.vocabulary(tree, {"told_at"}).new) == (4, 2)
    assert words.vocabulary(tree, frozenset()).old == 5
    keyword = made({"@/a.py": "told_at = 1\nassert told_at == 1\nlog('x', told_at=2, x_told_at=3)\n"})
    assert words.vocabulary(keyword, {"told_at"}).old == 3


def test_public_class_names_that_stand_twice_are_listed_with_their_files(made: Made) -> None:
    tree = made({"infra/a.py": "class A: ...\nclass _B: ...", "@/a.py": "class A: ...\nclass _B: ...\nclass C: ..."})
    assert words.repeated_classes(tree) == {"A": ["infra/a.py", f"{PACKAGE}/a.py"]}


def _pipeline(fields: int) -> dict[str, str]:
    wide = "\n".join(f"    f{n}: int" for n in range(fields))
    return {
        "@/notify/pipeline.py": "from relay.notify.stages import mute, dedup\nNORMAL = (mute, dedup)\n",
        "@/notify/stages.py": f"@dataclass(frozen=True)\nclass Bag:\n{wide}\n"
        "def mute(bag: Bag | None): ...\ndef dedup(*, bag: Bag): ...\ndef other(bag: Bag): ...\n",
    }


def test_an_object_of_seven_fields_that_two_stages_take_is_found(made: Made) -> None:
    tree = made(_pipeline(7))
    assert list(stages.stage_functions(tree, "notify")) == ["mute", "dedup"]
    assert stages.wide_objects(tree, "notify") == {"Bag": ["mute", "dedup"]}


def test_an_object_of_six_fields_may_go_to_every_stage(made: Made) -> None:
    assert stages.wide_objects(made(_pipeline(6)), "notify") == {}


def _loaded(folder: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_trace_counts_calls_depth_and_changes_of_file(tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text("def width(text):\n    return len([c for c in text])\n")
    (tmp_path / "memory.py").write_text("def put(then):\n    return then()\n")
    (tmp_path / "outer.py").write_text(
        "def cut(width, text):\n    return sum(width(c) for c in text)\n"
        "def run(width, put):\n    put(lambda: cut(width, 'abc'))\n    return max(map(width, ['ab']))\n"
    )
    inner, memory, outer = (_loaded(tmp_path, name) for name in ("inner", "memory", "outer"))
    found = trace.traced(lambda: outer.run(inner.width, memory.put), tmp_path)
    assert found.by_function == {"inner.py:width": 4, "outer.py:run": 1, "outer.py:cut": 1}
    assert (found.calls, found.depth, found.width) == (6, 3, 4)
    assert found.changes_of_file == 5
    assert found.texts == 2


def test_check_lists_each_missed_goal_and_exits_with_one(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    root = made({"@/tell.py": "def tell(group): ...\n"}).root
    arguments = ["--root", str(root), "--no-trace", "--entry", "relay.tell.tell"]
    assert command.main(arguments) == 0
    assert "hops of a group (climbs)" in capsys.readouterr().out
    assert command.main([*arguments, "--check"]) == 1
    missed = capsys.readouterr().err
    assert "tell/told : notify: expected 0 : all, got" in missed
    assert "hops" not in missed


def test_json_holds_every_figure_with_its_goal(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    root = made({"@/tell.py": "def tell(group): ...\n"}).root
    assert command.main(["--root", str(root), "--no-trace", "--json", "--entry", "relay.tell.tell"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"name", "noted", "then", "goal", "now", "holds", "details"} == set(found[0])


def test_a_tree_that_cannot_be_measured_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--root", str(tmp_path), "--no-trace"]) == 2
    assert "expected one package" in capsys.readouterr().err
