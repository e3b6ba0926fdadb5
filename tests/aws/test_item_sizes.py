"""An alert of any text fits its item, in UTF-8; items of the old form are read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.aws.state import items
from alertrelay.state import Store
from alertrelay.values.text import label_set

from tests.aws.state import GID, alert, item, member

LIMIT = 400 * 1024
JAPANESE = "データベースの接続数が上限に達しました。" * 1_000
"""20,000 characters, which is as long as an annotation gets, in 60 KB."""


def test_238_kb_of_japanese_text_are_stored_whole(store: Store) -> None:
    annotations = {f"note{number}": JAPANESE for number in range(4)}
    assert sum(len(text.encode()) for text in annotations.values()) > 235_000
    new = item(update=replace(alert(), annotations=annotations))
    assert store.put_alert(new, groups={"slack-1"})[1].alert.annotations == annotations


def test_what_exceeds_an_item_is_cut_and_says_by_how_much(dynamo_store: Store) -> None:
    annotations = {"summary": "short", **{f"note{number}": JAPANESE for number in range(10)}}
    labels = {"alertname": "A", **{f"label{number}": "ラベル" * 300 for number in range(20)}}
    new = item(update=replace(alert(), labels=labels, annotations=annotations))
    _, stored = dynamo_store.put_alert(new, groups={f"slack-{number:032x}" for number in range(300)})
    kept = stored.alert.annotations
    assert kept["summary"] == "short"
    shown = len(kept["note1"].partition("\n[cut here")[0])
    assert kept["note1"].endswith(f"[cut here: {20_000 - shown:,} of 20,000 characters are not shown]")
    assert 300_000 < sum(len(text.encode()) for text in kept.values()) < LIMIT
    dynamo_store.put_member(GID, replace(member(), alert=replace(member().alert, labels=labels)))


@pytest.mark.parametrize("text", ["\n" * 1_024, "\x01" * 1_024, "🔥" * 1_024, "\\" * 1_024])
def test_labels_of_any_text_leave_room_in_the_items_of_their_alert(text: str) -> None:
    labels = label_set((f"label{number}", text) for number in range(200))
    assert labels.keys() == {f"label{number}" for number in range(200)}
    assert labels["label7"].endswith("characters are not shown]")
    large = replace(alert(), labels=labels, annotations={"description": text * 380})
    item = [items.alert_content(large), items.as_json(dict(labels))]
    assert sum(len(attribute["S"].encode()) for attribute in item) < LIMIT - 25_000


def test_an_item_of_the_old_form_reads_the_same() -> None:
    new = items.alert_content(alert(note="é 🔥 障害"))["S"]
    old = json.dumps(json.loads(new), ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    assert old != new

    def as_item(content: str) -> dict[str, Any]:
        return {
            "pk": {"S": "A#00"},
            "k": {"S": "1"},
            "rank": {"N": "1"},
            "labels": {"S": '{"alertname":"A"}'},
            "status": {"S": "firing"},
            "starts_at": {"N": "1"},
            "content": {"S": content},
        }

    assert items.alert_item(as_item(old)) == items.alert_item(as_item(new))


def test_content_of_ascii_is_written_as_ever() -> None:
    plain = replace(alert(), annotations={"summary": 'a "quoted" line\n\x01'})
    content = items.alert_content(plain)["S"]
    assert content == json.dumps(json.loads(content), ensure_ascii=True, separators=(",", ":"), sort_keys=True)
