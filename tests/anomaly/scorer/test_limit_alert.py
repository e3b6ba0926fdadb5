"""The alert that a metric reaches its limit: sent once, resolved, kept between runs, and silent in shadow."""

from __future__ import annotations

from typing import Any

from alertrelay.anomaly.scorer.shard_state import of_bytes, to_bytes

from tests.anomaly.detector.metrics import daily, noisy
from tests.anomaly.scorer.world import DAY, START, STEP, World, config, metric, watch

A_DAY = DAY // STEP


def _world(**changes: Any) -> World:
    """A disk that has filled by 12 % a day for three and a half days, and is emptied three hours after the start."""
    entry = watch(direction="high", limit=100.0, unit="%", severity={"critical": 0.9999}, **changes)
    world = World(config=config(entry))
    values = [value - 20.0 for value in daily(14 * A_DAY, height=5.0)]
    for place in range(int(3.5 * A_DAY)):
        values[int(10.5 * A_DAY) + place] += place / A_DAY * 12.0
    values += [*noisy(36, level=72.0), *noisy(72, level=30.0)]
    world.metrics.put(metric(), [(START + (place - 14 * A_DAY) * STEP, value) for place, value in enumerate(values)])
    return world


def test_the_forecast_is_a_warning_that_says_when_and_resolves() -> None:
    world = _world()
    world.until(START + 2 * 3600)
    assert world.updates() == [("firing", "LimitForecast", "warning")]
    _, topic, update = world.published[0]
    notes = update["annotations"]
    assert topic == "warning"
    assert notes["summary"].startswith("Sum Orders of shop reaches its limit of 100% in ")
    assert notes["summary"].endswith(" hours at its present pace")
    assert notes["reason"].startswith("it rises by 0.")
    assert notes["reason"].endswith("% an hour, by the last 3 days, and is nearer to its limit than in the week before")
    assert (notes["threshold"], notes["runbook_url"][-18:]) == ("100%", "/limit-forecast.md")
    world.until(START + 8 * 3600)
    resolves = [u for _, _, u in world.published if u["status"] == "resolved"]
    assert [u["labels"]["alertname"] for u in resolves].count("LimitForecast") == 1
    assert [event["text"] for event in world.events("anomaly_limit_cleared")] == [
        "at its pace it no longer reaches its limit"
    ]


def test_in_shadow_it_is_recorded_and_in_assist_it_is_info() -> None:
    shadow, assist = _world(mode="shadow"), _world(mode="assist")
    shadow.run()
    assist.run()
    assert (len(shadow.events("anomaly_limit_forecast")), shadow.published) == (1, [])
    assert ("firing", "LimitForecast", "info") in assist.updates()


def test_without_the_limit_the_alert_is_resolved_and_its_course_forgotten() -> None:
    world = _world()
    world.run()
    world.reconfigure(watch(direction="high", unit="%", severity={"critical": 0.9999}))
    world.clock.sleep(STEP)
    world.run()
    assert world.updates() == [("firing", "LimitForecast", "warning"), ("resolved", "LimitForecast", "warning")]
    assert world.book().tracks[metric().key].course is None


def test_the_course_is_kept_exactly_and_a_book_without_one_is_read() -> None:
    world = _world()
    world.run()
    book = world.book()
    again, _ = of_bytes(to_bytes(book, b""))
    assert again.tracks[metric().key].course == book.tracks[metric().key].course
    assert again.tracks[metric().key].forecast is not None
