"""`--apply` changes what the plan says and nothing else, refuses what changed since, and can be taken back."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from cli import adopt
from cli.adoption import sources
from cli.adoption.alarm import PUTS, put_request
from cli.adoption.apply import WRITES
from cli.command import main, parser
from tests.cli.adoption.cloudwatch import CHANGED_AT, MODELS, TOPICS, Account
from tests.example import CONFIG
from tools.made_account import alarms

ADOPT = ["adopt", "--config-dir", str(CONFIG), "--env", "prod"]
FEW = alarms(36)


@pytest.fixture(name="account")
def _account(monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account(copy.deepcopy(FEW))
    monkeypatch.setattr(sources, "clients_of", lambda: lambda _: account.client)
    return account


@pytest.fixture(name="plan")
def _plan(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    plan = tmp_path / "plan.yml"
    assert main([*ADOPT, "--plan", str(plan)]) == 0
    capsys.readouterr()
    account.calls.clear()
    return plan


def _undo(plan: Path) -> Path:
    (undo,) = plan.parent.glob("plan.undo-*.yml")
    return undo


class _Closed(io.StringIO):
    """An output that `| head` has closed."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_a_closed_output_loses_no_plan_and_is_said_of_an_apply(
    account: Account,
    plan: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdout", _Closed())
    again = tmp_path / "again.yml"
    with suppress(BrokenPipeError):
        adopt.run(parser("adopt").parse_args([*ADOPT, "--plan", str(again)]))
    assert again.exists()
    assert main([*ADOPT, "--apply", str(plan)]) == 1
    assert "what read the output closed it after 1 changed: apply the plan again" in capsys.readouterr().err
    assert _undo(plan).exists()
    assert sum(count for name, count in account.calls.items() if name.startswith("Put")) == 1


def _shape_of(model: Any, name: str) -> Iterator[str]:
    yield from model.operation_model(name).input_shape.members


def test_a_plan_adds_our_actions_and_the_tags_and_keeps_every_other_field(
    account: Account, plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.fields("monthly-bill")["StateValue"] = "ALARM"
    before, tags = copy.deepcopy(account.alarms), copy.deepcopy(account.tags)
    assert main([*ADOPT, "--apply", str(plan)]) == 0
    assert "1 of them fire now, unknown to the relay: alertrelay reconcile --env prod --send" in capsys.readouterr().err
    changed = 0
    for name, (_, was) in before.items():
        now = account.fields(name)
        for field in {*was, *now} - {"AlarmActions", "OKActions", "ActionConfiguration"}:
            same = field == "AlarmConfigurationUpdatedTimestamp" or (was.get(field) or None) == (now.get(field) or None)
            assert same or field == "ScheduledQueryConfiguration", (name, field)
        if now != was:
            changed += 1
            ours = [action for action in now["AlarmActions"] if action.startswith(TOPICS)]
            assert now["AlarmActions"] == [*was["AlarmActions"], *ours]
            assert set(ours) <= set(now["OKActions"])
            assert now["ActionConfiguration"]["AlarmTagsPropagation"]["Enabled"] is True
        added = {key: value for key, value in account.tags[was["AlarmArn"]].items() if key not in tags[was["AlarmArn"]]}
        assert set(added) <= {"team"}
    assert changed >= 8
    query = account.fields("payments-error-logs")["ScheduledQueryConfiguration"]
    assert query.pop("QueryString") == "filter level = 'error'"
    assert "QueryARN" not in query


def test_nothing_is_written_without_apply(account: Account, plan: Path) -> None:
    assert plan.exists()
    assert main([*ADOPT]) == 0
    assert not [name for name in account.calls if name.startswith(("Put", "Tag", "Untag"))]


def test_what_changed_since_the_plan_is_refused_by_name_and_the_others_go_on(
    account: Account, plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.fields("payments-error-logs")["Threshold"] = 21.0
    account.fields("checkout-burn-rate")["AlarmActions"] = [f"{TOPICS}info"]
    account.fields("checkout-burn-rate")["AlarmConfigurationUpdatedTimestamp"] = CHANGED_AT
    account.tags[account.fields("edge-is-failing")["AlarmArn"]]["severity"] = "P4"
    del account.alarms["monthly-bill"]
    assert main([*ADOPT, "--apply", str(plan)]) == 1
    said = capsys.readouterr()
    assert "refused: payments-error-logs: somebody changed its configuration or its tags since the plan" in said.out
    assert "refused: checkout-burn-rate: somebody changed AlarmActions of it since the plan was made" in said.out
    assert "2026-11-30 09:00:00 UTC" in said.out
    assert "refused: edge-is-failing: somebody changed its configuration or its tags" in said.out
    assert "refused: monthly-bill: there is no such alarm any more" in said.out
    assert said.out.splitlines()[-1].endswith("changed, 4 refused")
    assert account.fields("payments-error-logs")["AlarmActions"] == ["arn:aws:sns:eu-west-1:123456789012:ops-slack"]


def test_a_failure_is_named_and_the_plan_is_applied_again(
    account: Account, plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.faults = {
        ("PutMetricAlarm", 2): "Throttling",
        ("TagResource", 1): "InternalServiceFault",
        ("ListTagsForResource", 3): "AccessDenied",
    }
    assert main([*ADOPT, "--apply", str(plan)]) == 1
    first = capsys.readouterr().out
    assert first.count("failed: ") == 3
    assert "failed: " in first
    assert "ListTagsForResource is not allowed (AccessDenied)" in first
    account.faults = {}
    assert main([*ADOPT, "--apply", str(plan)]) == 0
    again = capsys.readouterr().out
    assert again.splitlines()[-1].startswith("3 changed, ")
    assert again.splitlines()[-1].endswith(" done already")
    assert main([*ADOPT, "--apply", str(plan), "--json"]) == 0
    assert {one["result"] for one in json.loads(capsys.readouterr().out)} == {"done already"}


@pytest.mark.parametrize(("lost", "tried"), [({1, 2}, None), ({1, 2, 4, 5, 6}, 6)])
def test_an_aws_that_cannot_be_reached_is_not_tried_for_every_alarm(
    lost: set[int], tried: int | None, account: Account, plan: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    answer = account.answer

    def answers(operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "DescribeAlarms" and account.calls[operation] + 1 in lost:
            account.calls[operation] += 1
            raise EndpointConnectionError(endpoint_url="https://monitoring.eu-west-1.amazonaws.com/")
        return answer(operation, asked)

    monkeypatch.setattr(account, "answer", answers)
    alarms_in = plan.read_text(encoding="utf-8").count("  - name: ")
    assert main([*ADOPT, "--apply", str(plan)]) == 1
    said = capsys.readouterr()
    assert said.out.count("AWS cannot be reached (EndpointConnectionError)") == len(lost)
    assert account.calls["DescribeAlarms"] == (tried or alarms_in)
    left = f"AWS was not reached for the last 3 alarms: {alarms_in - 6} are left, not tried; apply the plan again"
    assert (left in said.err) == (tried is not None)


def test_the_undo_takes_everything_back(account: Account, plan: Path) -> None:
    before, tags = copy.deepcopy(account.alarms), copy.deepcopy(account.tags)
    account.faults = {("TagResource", 1): "Throttling"}
    assert main([*ADOPT, "--apply", str(plan)]) == 1  # in two runs, one undo
    assert main([*ADOPT, "--apply", str(plan)]) == 0
    assert account.alarms != before
    assert main([*ADOPT, "--apply", str(_undo(plan))]) == 0
    assert {name: put_request(fields) for name, (_, fields) in account.alarms.items()} == {
        name: put_request(fields) for name, (_, fields) in before.items()
    }
    assert account.tags == tags


def test_without_a_place_for_the_undo_nothing_is_changed(
    account: Account, plan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main([*ADOPT, "--apply", str(plan)]) == 2
    assert "nothing more is changed" in capsys.readouterr().err
    assert not [name for name in account.calls if name.startswith("Put")]


def test_a_struck_out_field_and_alarm_stay_as_they_are(account: Account, plan: Path) -> None:
    text = plan.read_text(encoding="utf-8")
    begin = text.index('  - name: "checkout-burn-rate"')
    entry = text[begin : text.index("\n\n", begin)]
    text = text.replace(entry, entry[: entry.index("      OKActions:")])
    begin = text.index('  - name: "monthly-bill"')
    text = text.replace(text[begin : text.index("\n\n", begin)], "")
    plan.write_text(text, encoding="utf-8")
    bill = copy.deepcopy(account.fields("monthly-bill"))
    assert main([*ADOPT, "--apply", str(plan)]) == 0
    assert account.fields("monthly-bill") == bill
    burn = account.fields("checkout-burn-rate")
    assert len(burn["AlarmActions"]) == 2
    assert not burn.get("OKActions")
    assert "ActionConfiguration" not in burn


def test_five_thousand_alarms_are_read_page_after_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account = Account(alarms(5_000))
    monkeypatch.setattr(sources, "clients_of", lambda: lambda _: account.client)
    assert main([*ADOPT]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("5,000 alarms: ")
    assert account.calls["DescribeAlarms"] == 50
    assert account.calls["ListTagsForResource"] == 0
    account.faults = {("DescribeAlarms", 0): "Throttling"}
    assert main([*ADOPT]) == 2
    assert "AWS throttles the calls (Throttling): try again in a minute; nothing is planned" in capsys.readouterr().err


_MODEL: Any = MODELS["cloudwatch"].service_model


def _values(shape: Any) -> st.SearchStrategy[Any]:
    """Any value of a shape of botocore's model, as an answer has it."""
    match shape.type_name:
        case "structure" if shape.is_tagged_union:
            return st.one_of(*(st.fixed_dictionaries({key: _values(each)}) for key, each in shape.members.items()))
        case "structure":
            required = {key: _values(member) for key, member in shape.members.items() if key in shape.required_members}
            optional = {key: _values(member) for key, member in shape.members.items() if key not in required}
            return st.fixed_dictionaries(required, optional=optional)
        case "list":
            return st.lists(_values(shape.member), min_size=shape.metadata.get("min", 0), max_size=2)
        case "boolean":
            return st.booleans()
        case "integer" | "long":
            return st.integers(max(1, shape.metadata.get("min", 1)), 86_400)
        case "double":
            return st.floats(-1e6, 1e6)
    if shape.enum:
        return st.sampled_from(shape.enum)
    return st.text("abc:/ é", min_size=max(1, shape.metadata.get("min", 1)), max_size=8)


@settings(max_examples=25, deadline=None)
@given(st.data())
@pytest.mark.parametrize("kind", PUTS)
def test_what_is_read_and_written_back_is_equal(kind: str, data: st.DataObject) -> None:
    shape = _MODEL.shape_for(kind)
    put = _MODEL.operation_model(PUTS[kind]).input_shape
    own = {name: _values(member) for name, member in shape.members.items() if name in put.members}
    required = {name: own.pop(name) for name in put.required_members} | {"AlarmName": st.just("one")}
    read: Mapping[str, Any] = data.draw(st.fixed_dictionaries(required, optional=own))
    account = Account()
    account.alarms["one"] = (kind, {"AlarmArn": "arn:aws:cloudwatch:r:1:alarm:one", "StateValue": "OK", **read})
    client = account.client("cloudwatch")
    getattr(client, WRITES[kind])(**put_request(account.fields("one")))  # checked against botocore's model
    now = account.fields("one")
    for name, value in read.items():
        kept = now.get(name)
        whole = {key: each for key, each in value.items() if key != "QueryARN"} if isinstance(value, dict) else value
        assert kept == whole or (kept is None and value in ("", [])), name


def test_no_field_that_somebody_configures_is_missing_in_a_put() -> None:
    from cli.adoption.alarm import STATE_FIELDS

    for kind, operation in PUTS.items():
        assert set(_MODEL.shape_for(kind).members) - STATE_FIELDS <= set(_shape_of(_MODEL, operation))
