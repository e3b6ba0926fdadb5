"""`alertrelay discover`: a diff that keeps every line of the file, and what cannot be listed, by name."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cli import discover
from cli.command import main
from cli.discovery.environment_text import NotEditable, added, entries, faults_of
from cli.discovery.item import Item, cache, database, plain
from cli.discovery.stated import NotStated, stated
from compiler.load import load
from tests.cli.discovery.account import account, denying, fill

MAIL = "oncall@our.company"
OWN = """\
# Ours.
region: eu-west-1 # Ireland
queues: # in the order of their weight
  - id: first
    labels: {team: a} # theirs

  # the next one is slow
  - id: jobs
    thresholds:
      age_seconds: 900 # batches
# what follows is about logs
log_retention_days: 30
ops_email: ["oncall@our.company"]
databases: [] # none yet
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration as `alertrelay init` writes it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    flags = ["--environment", "prod", "--region", "eu-west-1", "--on-call-mail", MAIL, "--yes", "--json"]
    assert main(["init", str(tmp_path / "alerts"), *flags]) == 0
    return tmp_path / "alerts"


def _discover(folder: Path, *flags: str) -> int:
    return main(["discover", "--env", "prod", "--config-dir", str(folder), *flags])


def test_the_diff_is_shown_and_only_written_when_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "environments" / "prod.yml"
    before = path.read_text()
    with account() as client:
        fill(client)
        monkeypatch.setattr(discover, "client_of", lambda _: client)
        assert _discover(folder) == 0
        shown = capsys.readouterr()
        assert path.read_text() == before
        assert "+  - id: shop-db\n" in shown.out
        assert "+    labels: {service: shop, team: commerce}\n" in shown.out
        assert "old-db (databases) is only a comment: the class 'db.z9.huge' is not known" in shown.err
        assert "8 found, 7 to add, 1 as a comment" in shown.err
        assert _discover(folder, "--write") == 0
        assert path.read_text().startswith(before)
        assert _discover(folder) == 0
        capsys.readouterr()
        assert _discover(folder, "--write") == 0
        again = capsys.readouterr()
        assert again.out == ""
        assert "old-db (databases) is still only a comment: the class 'db.z9.huge' is not known" in again.err
        assert "8 found, 7 listed already, 0 to add, 1 as a comment" in again.err
    environment = load(folder, "prod").environment
    assert environment is not None
    assert len(environment.resources) == 7
    assert "  # not watched: the class 'db.z9.huge' is not known" in path.read_text()
    assert main(["check", "--env", "prod", "--config-dir", str(folder)]) == 0


def test_without_one_permission_the_exit_code_says_so_and_the_rest_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with account() as client:
        fill(client)
        monkeypatch.setattr(discover, "client_of", lambda _: denying(client, "sqs"))
        assert _discover(folder, "--write") == 1
    assert "SQS could not be read: AccessDenied (ListThem)" in capsys.readouterr().err
    environment = load(folder, "prod").environment
    assert environment is not None
    assert (len(environment.queues), len(environment.databases)) == (0, 1)


def test_without_credentials_nothing_is_written_and_it_says_why(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from botocore.exceptions import NoCredentialsError

    def none(service: str) -> Any:
        raise NoCredentialsError

    monkeypatch.setattr(discover, "client_of", lambda _: none)
    assert _discover(folder, "--write") == 2
    assert "nothing could be read: NoCredentialsError" in capsys.readouterr().err


def test_more_alarms_than_a_stack_holds_are_said_and_no_entry_is_blamed() -> None:
    found = entries([plain("queues", f"work-{number:04}") for number in range(300)])
    assert [one.comment for one in found if one.comment] == []
    (fault,) = faults_of(added("region: eu-west-1\n", found), "prod")
    assert "too-many-alarms" in fault
    assert "stack: NAME" in fault


def test_a_node_that_was_replaced_is_listed_by_its_id() -> None:
    first = cache("tokens", "redis", "cache.t4g.small", nodes=2, members=("tokens-001", "tokens-002"))
    later = cache("tokens", "redis", "cache.t4g.small", nodes=2, members=("tokens-001", "tokens-003"))
    assert "node_ids" not in first.properties
    text = added("region: eu-west-1\n", entries([later]))
    assert "    node_ids: [tokens-001, tokens-003]\n" in text
    assert entries([later])[0].comment == ""


def test_what_is_in_the_file_and_another_in_the_account_is_named_and_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "environments" / "prod.yml"
    path.write_text(
        path.read_text()
        + "databases:\n  - {id: shop-db, engine: postgres, class: db.r7g.large, storage_gb: 100}\n"
        + "  - {id: left-db, engine: postgres, class: db.r7g.large, storage_gb: 100}\n"
    )
    with account() as client:
        fill(client)
        monkeypatch.setattr(discover, "client_of", lambda _: client)
        assert _discover(folder) == 0
    shown = capsys.readouterr()
    assert "shop-db (databases): class is db.m7g.large, and db.r7g.large in the file" in shown.err
    assert "left-db (databases) is listed and was not found" in shown.err
    assert "+  - id: shop-db" not in shown.out


def test_entries_go_behind_the_last_of_their_list_and_every_other_line_stays() -> None:
    found = entries(
        [plain("queues", "new", dead_letter_queue="new-dead"), database("a-db", "postgres", "db.m7g.large", 20)]
    )
    after = added(OWN, found).splitlines()
    assert [line for line in after if line in OWN.splitlines()] == [
        line for line in OWN.splitlines() if line != "databases: [] # none yet"
    ]
    at = after.index("      age_seconds: 900 # batches")
    assert after[at + 1 : at + 4] == ["  - id: new", "    dead_letter_queue: new-dead", "# what follows is about logs"]
    assert after[-5:] == [
        "databases: # none yet",
        "  - id: a-db",
        "    engine: postgres",
        "    class: db.m7g.large",
        "    storage_gb: 20",
    ]


@pytest.mark.parametrize(
    "text", ["queues:\n- id: first\n", "queues:\n    -   id: first\n", "queues:\r\n  - id: first\r\n"]
)
def test_the_file_s_own_indentation_and_ends_of_lines_are_kept(text: str) -> None:
    import yaml

    after = added(text, entries([plain("queues", "second")]))
    assert after.startswith(text)
    assert [one["id"] for one in yaml.safe_load(after)["queues"]] == ["first", "second"]
    assert after.count("\r\n") in (0, after.count("\n"))


@pytest.mark.parametrize("text", ["queues: [{id: first}]\n", "{queues: []}\n", "- a\n", "a: [\n"])
def test_a_file_that_cannot_be_added_to_is_said(text: str) -> None:
    with pytest.raises(NotEditable):
        added(text, entries([plain("queues", "second")]))


@pytest.mark.parametrize("name", ["on", "012", "no", "1e3", "null", "2026-11-20"])
def test_a_name_that_yaml_would_read_as_something_else_is_quoted(name: str) -> None:
    import yaml

    after = added("", entries([plain("functions", name)]))
    assert yaml.safe_load(after)["functions"][0]["id"] == name


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (database("d", "db2-se", "db.m7g.large", 100), "'db2' is not a known engine"),
        (database("d", "postgres", "db.m7g.large", 1), "1 is out of range"),
        (plain("queues", "a b"), "is not the name of such a resource"),
        (plain("queues", "a\n# b"), "is not the name of such a resource"),
    ],
)
def test_what_the_file_would_not_take_is_a_comment_with_the_reason(one: Item, why: str) -> None:
    (entry,) = entries([one])
    assert why in entry.comment
    lines = added("region: eu-west-1\n", [entry]).splitlines()
    assert all(line.lstrip().startswith("#") or not line for line in lines[1:])


TEMPLATE = """
Parameters: {Class: {Type: String, Default: db.m7g.large}}
Resources:
  Db: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: shop-db, Engine: postgres,
       DBInstanceClass: !Ref Class, AllocatedStorage: '100', Tags: [{Key: owner, Value: commerce}]}}
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${AWS::StackName}-jobs'}}
  Work: {Type: 'AWS::SQS::Queue', Properties: {QueueName: work}}
  Front: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  Topic: {Type: AWS::SNS::Topic}
"""
STATE = {
    "values": {
        "root_module": {
            "resources": [
                {"type": "aws_sqs_queue", "name": "q", "values": {"name": "work", "tags": {"team": "a"}}},
                {
                    "type": "aws_rds_cluster",
                    "name": "c",
                    "values": {"cluster_identifier": "ledger", "engine": "aurora-mysql"},
                },
            ],
            "child_modules": [
                {
                    "resources": [
                        {
                            "type": "aws_rds_cluster_instance",
                            "name": "i",
                            "values": {"cluster_identifier": "ledger", "instance_class": "db.r7g.large"},
                        },
                        {"type": "aws_lb", "name": "l", "values": {"arn_suffix": "app/front/0a0a0a0a0a0a0a0a"}},
                    ]
                }
            ],
        }
    }
}


def test_a_template_states_what_it_names_and_the_rest_is_a_comment() -> None:
    found = {str(one.properties["id"]): one for one in stated(TEMPLATE, {})}
    assert set(found) == {"shop-db", "Jobs", "work", "Front"}
    assert dict(found["shop-db"].properties)["class"] == "db.m7g.large"
    assert found["shop-db"].labels == {"team": "commerce"}
    assert found["work"].unusable == ""
    assert "made at the deploy" in found["Jobs"].unusable
    assert "made at the deploy" in found["Front"].unusable
    assert [one.properties["id"] for one in stated(TEMPLATE, {"owner": "commerce"})] == ["shop-db"]


def test_terraform_s_json_is_read_with_its_modules() -> None:
    found = stated(json.dumps(STATE), {})
    assert [dict(one.properties) for one in found] == [
        {"id": "work"},
        {"id": "ledger", "engine": "aurora-mysql", "class": "db.r7g.large", "readers": False},
        {"id": "app/front/0a0a0a0a0a0a0a0a"},
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", "a: [", "Resources: 5", '{"values": null, "x": 1', "null", "\0"])
def test_what_states_nothing_is_refused(text: str) -> None:
    with pytest.raises(NotStated):
        stated(text, {})


@pytest.mark.parametrize("text", ['{"values": {}}', '{"Resources": {"a": 5, "b": {"Type": "AWS::SQS::Queue"}}}'])
def test_half_a_document_is_no_crash(text: str) -> None:
    assert len(stated(text, {})) <= 1


def test_a_file_is_read_without_asking_aws(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = folder / "t.yml"
    source.write_text(TEMPLATE)
    assert _discover(folder, "--from", str(source)) == 0
    assert "+  - id: shop-db" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(STATE).encode())))
    assert _discover(folder, "--from", "-", "--write") == 0
    assert "  - id: work" in (folder / "environments" / "prod.yml").read_text()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--env", "prd"], "did you mean 'prod'?"),
        (["--env", "prod", "--from", "nowhere.json"], "--from nowhere.json cannot be read"),
        (["--env", "prod", "--tag", "=x"], "KEY or KEY=VALUE was expected"),
    ],
)
def test_bad_input_is_named(flags: list[str], words: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", "--config-dir", str(folder), *flags]) == 2
    assert words in capsys.readouterr().err


def test_an_environment_with_errors_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "environments" / "prod.yml"
    path.write_text(path.read_text() + "quues: []\n")
    assert _discover(folder, "--write") == 2
    assert "has to be sound first" in capsys.readouterr().err


def test_two_files_of_one_environment_are_both_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "environments" / "prod.yml"
    text = path.read_text()
    path.with_suffix(".yaml").write_text(text)
    assert _discover(folder, "--write") == 2
    assert "prod.yaml: error duplicate-name" in capsys.readouterr().err
    assert path.read_text() == path.with_suffix(".yaml").read_text() == text
