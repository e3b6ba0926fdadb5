from __future__ import annotations

import random
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli import command

DAY = 288


def _metric(path: Path, *, spikes: dict[int, float], count: int = 6 * DAY) -> Path:
    draw = random.Random(1)
    lines = ["timestamp,value"]
    for place in range(count):
        minute = place * 5
        at = f"2026-11-{1 + minute // 1440:02d} {minute // 60 % 24:02d}:{minute % 60:02d}:00"
        lines.append(f"{at},{spikes.get(place, 50 + draw.gauss(0, 1)):.3f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def _report(source: Path, *more: str) -> tuple[str, ElementTree.Element]:
    target = source.parent / "report.html"
    assert command.main(["anomaly", "report", "--input", str(source), "--output", str(target), *more]) == 0
    text = target.read_text()
    body = text[text.index("<body>") : text.index("</body>") + len("</body>")]
    return text, ElementTree.fromstring(body)


def _alerts(body: ElementTree.Element) -> list[str]:
    return ["".join(row.itertext()) for row in body.iter("tr") if row.find("td") is not None]


def test_the_page_shows_the_series_its_band_the_scores_and_the_alerts_with_reasons(tmp_path: Path) -> None:
    _, body = _report(_metric(tmp_path / "cpu.csv", spikes={1000: 90.0}))
    classes = {element.get("class") for element in body.iter()}
    assert {"series", "band", "score over", "limit", "mark"} <= classes
    assert [text[:16] for text in _alerts(body)] == ["2026-11-04 11:20"]
    assert "working days) is" in _alerts(body)[0]


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    text, _ = _report(_metric(tmp_path / "cpu.csv", spikes={}))
    for word in ("src=", "href=", "url(", "@import", "<script"):
        assert word not in text


def test_a_metric_without_alerts_says_so(tmp_path: Path) -> None:
    text, body = _report(_metric(tmp_path / "cpu.csv", spikes={}))
    assert _alerts(body) == []
    assert "Nobody would have been notified" in text


def test_a_period_of_shadow_is_judged_with_what_was_learned_before_it(tmp_path: Path) -> None:
    source = _metric(tmp_path / "cpu.csv", spikes={700: 90.0, 1000: 120.0})
    text, body = _report(source, "--from", "2026-11-04", "--to", "2026-11-05 00:00:00")
    assert [line[:16] for line in _alerts(body)] == ["2026-11-04 11:20"]
    assert "2026-11-04 00:00 to 2026-11-05 00:00" in text


def test_known_incidents_are_counted_found_and_missed(tmp_path: Path) -> None:
    source = _metric(tmp_path / "cpu.csv", spikes={700: 90.0, 1000: 120.0})
    incidents = tmp_path / "incidents.csv"
    incidents.write_text(
        "start,end\n2026-11-04 11:00,2026-11-04 12:00\n2026-11-05 00:00,2026-11-05 01:00\n2020-01-01,2020-01-02\n"
    )
    text, body = _report(source, "--from", "2026-11-02", "--incidents", str(incidents))
    assert [line[-3:].strip(")") for line in _alerts(body)] == ["no", "yes"]
    assert "Missed: 2026-11-05 00:00" in text
    assert re.search(r"at 0\.7 you would have had \d alerts?, 1 in known incidents", text)


def test_an_incident_of_a_minute_is_still_seen_on_the_drawing(tmp_path: Path) -> None:
    source = _metric(tmp_path / "cpu.csv", spikes={1000: 120.0})
    incidents = tmp_path / "incidents.csv"
    incidents.write_text("start,end\n2026-11-04 11:20,2026-11-04 11:21\n")
    _, body = _report(source, "--incidents", str(incidents))
    assert [each.get("width") for each in body.iter() if each.get("class") == "known"] == ["2.0"]


def test_an_alert_has_to_begin_in_the_incident(tmp_path: Path) -> None:
    source = _metric(tmp_path / "cpu.csv", spikes={1000: 120.0, 1001: 125.0, 1002: 122.0, 1003: 121.0})
    verdicts = {}
    for name, span in (
        ("early", "11:15,2026-11-04 12:15"),
        ("late", "10:30,2026-11-04 11:30"),
        ("after", "11:25,2026-11-04 12:00"),
    ):
        incidents = tmp_path / f"{name}.csv"
        incidents.write_text(f"start,end\n2026-11-04 {span}\n")
        _, body = _report(source, "--incidents", str(incidents))
        verdicts[name] = _alerts(body)[0].rsplit(")", 1)[-1]
    assert verdicts == {"early": "yes, in its first fifth", "late": "yes", "after": "no"}


def test_points_close_together_are_one_alert(tmp_path: Path) -> None:
    _, body = _report(_metric(tmp_path / "cpu.csv", spikes={1000: 70.0, 1001: 95.0, 1002: 130.0}))
    assert len(_alerts(body)) == 1


def test_a_file_with_its_newest_point_first_is_judged_in_the_order_of_time(tmp_path: Path) -> None:
    source = _metric(tmp_path / "cpu.csv", spikes={1000: 90.0})
    head, *rows = source.read_text().splitlines()
    text, _ = _report(source)
    source.write_text("\n".join([head, *reversed(rows)]) + "\n")
    assert _report(source)[0] == text


def test_a_report_of_years_names_the_year_of_its_days(tmp_path: Path) -> None:
    source = tmp_path / "years.csv"
    source.write_text("timestamp,value\n" + "".join(f"{86_400 * day},{day % 7}\n" for day in range(3000)))
    _, body = _report(source)
    days = [
        text.text or ""
        for text in next(body.iter("svg")).iter("text")
        if not (text.get("x") == "56" or text.get("class"))
    ]
    assert 4 <= len(days) <= 9
    assert days[-1].startswith("1977-")


def test_nothing_is_drawn_across_a_long_gap(tmp_path: Path) -> None:
    source = _metric(tmp_path / "cpu.csv", spikes={})
    lines = source.read_text().splitlines()
    source.write_text("\n".join(lines[:700] + lines[1100:]) + "\n")
    _, body = _report(source)
    [series] = [element for element in body.iter("path") if element.get("class") == "series"]
    bands = [element for element in body.iter("polygon") if element.get("class") == "band"]
    assert (series.get("d") or "").count("M") == 2
    assert len(bands) == 2


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ((7.9e9, 8.3e9), ["7.9 G", "8.0 G", "8.1 G", "8.2 G", "8.3 G"]),
        ((-4_000_000.0, 500_000.0), ["-4 M", "-3 M", "-2 M", "-1 M", "0"]),
        ((100_000.0, 100_004.0), ["100,000", "100,001", "100,002", "100,003", "100,004"]),
        ((0.001, 0.005), ["0.001", "0.002", "0.003", "0.004", "0.005"]),
    ],
)
def test_the_numbers_at_the_side_fit_and_differ(tmp_path: Path, values: tuple[float, float], labels: list[str]) -> None:
    source = tmp_path / "memory.csv"
    rows = (f"2026-11-01 00:{place:02d}:00,{values[place % 2]!r}" for place in range(40))
    source.write_text("\n".join(["timestamp,value", *rows]) + "\n")
    _, body = _report(source)
    drawing = next(body.iter("svg"))
    assert [text.text for text in drawing.iter("text") if text.get("x") == "56"] == labels


@pytest.mark.parametrize("values", [(1e308, -1e308), (1e17, 1e17), (-1e17, -1e17), (5e-324, 0.0), (0.0, 0.0)])
def test_the_largest_and_the_smallest_numbers_are_drawn(tmp_path: Path, values: tuple[float, float]) -> None:
    spikes = {place: values[place % 2] for place in range(400)}
    source = tmp_path / "edge.csv"
    _metric(source, spikes=spikes, count=400)
    lines = source.read_text().splitlines()[1:]
    rows = (f"{line.split(',')[0]},{spikes[place]!r}" for place, line in enumerate(lines))
    source.write_text("\n".join(["timestamp,value", *rows]) + "\n")
    text, _ = _report(source)
    assert not re.search(r"\b(nan|inf)\b", text[text.index("<body>") :])


def test_the_name_of_a_file_is_shown_as_text(tmp_path: Path) -> None:
    text, _ = _report(_metric(tmp_path / "a<b>&c.csv", spikes={}, count=40))
    assert "a&lt;b&gt;&amp;c" in text


@pytest.mark.parametrize(
    ("rows", "part", "said"),
    [
        ("", [], "empty.csv: no points: expected rows of timestamp,value"),
        ("2026-11-01 00:00:00,1\n", ["--from", "2030-01-01"], "--from 2030-01-01: no points of "),
    ],
)
def test_a_page_that_would_be_empty_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, part: list[str], said: str
) -> None:
    source, target = tmp_path / "empty.csv", tmp_path / "page.html"
    source.write_text(f"timestamp,value\n{rows}")
    assert command.main(["anomaly", "report", "--input", str(source), "--output", str(target), *part]) == 1
    assert said in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--incidents", "none.csv"], 2, "none.csv"),
        (["--from", "yesterday"], 2, "'yesterday' is not a time"),
    ],
)
def test_a_wrong_argument_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    source = str(_metric(tmp_path / "cpu.csv", spikes={}, count=40))
    target = str(tmp_path / "out.html")
    assert command.main(["anomaly", "report", "--input", source, "--output", target, *arguments]) == code
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", [bytes(range(128, 256)), b"start,end\n" + b"9" * 200_000 + b",1\n"])
def test_incidents_that_are_no_csv_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    source = _metric(tmp_path / "cpu.csv", spikes={}, count=40)
    incidents = tmp_path / "incidents.csv"
    incidents.write_bytes(content)
    arguments = ["--input", str(source), "--output", str(tmp_path / "out.html"), "--incidents", str(incidents)]
    assert command.main(["anomaly", "report", *arguments]) == 1
    assert "incidents.csv" in capsys.readouterr().err


def test_a_metric_that_is_no_csv_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "long.csv"
    source.write_text("timestamp,value\n" + "9" * 200_000 + ",1\n")
    assert command.main(["anomaly", "report", "--input", str(source), "--output", str(tmp_path / "out.html")]) == 1
    assert "long.csv:2: field larger than" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--threshold", "nan"], "expected a score between 0 and 1, got nan"),
        (["--threshold", "0"], "expected a score between 0 and 1, got 0"),
        (["--threshold", "80"], "expected a score between 0 and 1, got 80"),
        (["--threshold", "0.9", "--watch", "orders-placed"], "the entry says its own"),
    ],
)
def test_a_threshold_that_would_say_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["anomaly", "report", "--input", "cpu.csv", "--output", str(tmp_path / "out.html"), *arguments])
    assert told in capsys.readouterr().err


def test_the_labels_of_the_drawings_are_readable_on_a_phone(tmp_path: Path) -> None:
    page, _ = _report(_metric(tmp_path / "cpu.csv", spikes={1000: 90.0}))
    width = int(re.search(r'viewBox="0 0 (\d+)', page)[1])  # type: ignore[index]
    narrow = page.split("@media (max-width: 700px) {", 1)[1]
    least = int(re.search(r"svg { min-width: (\d+)px", narrow)[1])  # type: ignore[index]
    letters = int(re.search(r"text { font-size: (\d+)px", narrow)[1])  # type: ignore[index]
    assert letters * least / width >= 10
    assert page.count('<div class="chart"><svg') == page.count("<svg") == 2


def test_a_phone_shows_the_scale_beside_the_newest_points_and_names_each_cell(tmp_path: Path) -> None:
    """The drawing begins at its right end there, and the head of the table is left out."""
    page, body = _report(_metric(tmp_path / "cpu.csv", spikes={1000: 90.0}))
    labels = list(next(body.iter("svg")).iter("text"))
    near = [label.text for label in labels if label.get("class") == "near"]
    assert near
    assert near == [label.text for label in labels if label.get("x") == "56"]
    heads = re.findall("<th>([^<]+)</th>", page)
    assert re.findall('data-name="([^"]+)"', page.split("</tr>")[1]) == heads[1:]


def test_the_report_lists_when_a_limit_was_near(tmp_path: Path) -> None:
    """A disk that fills by 12 a day from its eleventh day on, and is emptied on its fifteenth."""
    (tmp_path / "anomaly.yml").write_text(
        "watch:\n  - {name: disk, namespace: Shop, metric: DiskUsed, period: 1h, direction: high, limit: 100}\n"
    )
    source, draw = tmp_path / "disk.csv", random.Random(1)
    rise = [0.5 * max(0, place - 240) if place < 336 else 0.0 for place in range(350)]
    rows = [f"{1_793_491_200 + 3600 * place},{40 + more + draw.gauss(0, 1):.3f}" for place, more in enumerate(rise)]
    source.write_text("\n".join(["timestamp,value", *rows]) + "\n")
    text, _ = _report(source, "--watch", "disk", "--config-dir", str(tmp_path))
    [line] = re.findall('<p class="no">([^<]+reaches its limit[^<]+)</p>', text)
    assert line.startswith("2026-11-1")
    assert re.search(r" to 2026-11-15 0\d:00: Average DiskUsed reaches its limit of 100 in \d\d hours", line)
