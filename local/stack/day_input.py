"""Checks the words of a replay, and finds the template, the topics and the times that they name."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from alertrelay.alert import Alert
from alertrelay.config.model import Config
from alertrelay.config.watch import AnomalyConfig
from alertrelay.sources import Envelope, parse

from compiler.config_files import environment_fault
from compiler.config_folder import NoConfigFolder
from compiler.load import load
from compiler.reading.finding import nearest
from infra import synth
from local.stack.faults import parse_down, places
from local.stack.scorer import NoSeries, Series, series_of, with_modes
from local.stack.shipped import anomaly_config_of, config_of
from local.standins import Fault

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Of a first file that says no time: a Monday morning."""
SEVERITY_TOPICS = {"critical": "critical", "error": "warning", "warning": "warning", "info": "info"}

T = TypeVar("T", bound="Series | Sequence[Envelope]")


class UsageError(ValueError):
    """A word of the command line that means nothing here; the text says which and what was expected."""


def template_of(environment: str, *, config: Path | None = None, arch: str | None = None) -> Path:
    """Return the environment's template, synthesised anew only when its inputs changed. Raises UsageError.

    `config` is the configuration's folder; None leaves the choice to `infra.synth`.
    """
    try:
        config = synth.config_of(config)
    except NoConfigFolder as error:
        raise UsageError(str(error)) from None
    if missing := environment_fault(config, environment):
        raise UsageError(str(missing))
    try:
        outdir = synth.kept_assembly(synth.BUILD / "replay", environment=environment, arch=arch, config=config)
    except synth.SynthFailed as error:
        raise UsageError(str(error)) from None
    return synth.template(outdir, environment)


def checked_template(template: Path) -> Path:
    """Return a template whose functions and their code are found. Raises UsageError."""
    try:
        config_of(template)
        region_of(template)
    except OSError as error:
        raise UsageError(
            f"--template: {error.filename or template} cannot be read: {error.strerror or error}; name one in a cdk.out"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"--template {template}: a template of a RelayStack was expected, in its cdk.out") from None
    return template.resolve()


def region_of(template: Path) -> str:
    """The region that the template was made for; eu-west-1 where it leaves that to the deploy."""
    manifest = json.loads((template.parent / "manifest.json").read_text(encoding="utf-8"))
    targets = {a["environment"] for a in manifest["artifacts"].values() if "environment" in a}
    named = sorted(t.rpartition("/")[2] for t in targets if not t.endswith("unknown-region"))
    return named[0] if named else "eu-west-1"


def checked_down(values: Sequence[str], config: Config) -> Mapping[str, Fault]:
    """The faults of `--down`, each at a place that there is. Raises UsageError, which names each place that is not."""
    try:
        faults = parse_down(list(values))
    except ValueError as error:
        raise UsageError(str(error)) from None
    known = places(config)
    wrong = [place for place in faults if place not in known]
    if wrong:
        raise UsageError(
            "\n".join(
                f"--down {place}: no receiver has this channel or this name{_near(place, known)}" for place in wrong
            )
        )
    return faults


def check_flags(environment: str, *, config: Path | None, down: Sequence[str], modes: Sequence[str]) -> None:
    """Checks what is said of an environment before its template is synthesised, which takes seconds. Of one that has
    errors the synthesis says which. Raises UsageError."""
    try:
        folder = synth.config_of(config)
    except NoConfigFolder as error:
        raise UsageError(str(error)) from None
    if environment_fault(folder, environment):
        return
    loaded = load(folder, environment)
    if loaded.config:
        checked_down(down, loaded.config)
        with_modes_of(loaded.anomaly, modes)


def topic_named(name: str, topics: Mapping[str, str]) -> str:
    """The ARN of the topic of that name, or whose name ends so. Raises UsageError."""
    if found := _ending_like(name, topics):
        return found
    raise UsageError(f"--topic {name}: there is no such topic{_near(name, [own_name(t, topics) for t in topics])}")


def topic_for(envelope: Envelope, topics: Mapping[str, str], *, at: datetime) -> str:
    """The topic named like the one that the envelope came from, else that of its severity."""
    last = envelope.topic_arn.rpartition(":")[2]
    if last and (found := _ending_like(last, topics)):
        return found
    alerts = parse(envelope, received_at=at).alerts
    severities = {SEVERITY_TOPICS.get(a.labels.get("severity", ""), "warning") for a in alerts}
    return _ending_like(next((s for s in ("critical", "warning") if s in severities), "info"), topics) or ""


def _ending_like(name: str, topics: Mapping[str, str]) -> str:
    """`critical` and `alertrelay-dev-critical` are both the critical topic of the environment that runs."""
    for full, arn in topics.items():
        own = own_name(full, topics)
        if name in (full, own) or name.endswith(f"-{own}"):
            return arn
    return ""


def own_name(topic: str, topics: Iterable[str]) -> str:
    """Return a topic's name without what the names of all of them begin with."""
    return topic.removeprefix(posixpath.commonprefix(list(topics)).rpartition("-")[0] + "-")


def own_time(envelopes: Iterable[Envelope], otherwise: datetime) -> datetime:
    """Returns the time at which the messages reached their topic, else that of their alerts' last change, if they
    say."""
    times = [e.sent_at or _changed(parse(e, received_at=otherwise).alerts, otherwise) for e in envelopes]
    return max(times, default=otherwise)


def _changed(alerts: Iterable[Alert], otherwise: datetime) -> datetime:
    return max((a.updated_at or a.ends_at or a.starts_at for a in alerts), default=otherwise)


def _near(word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = nearest(word, known)
    return f"; did you mean {close}?" if close else f"; there are: {', '.join(known)}"


def in_order(files: Sequence[tuple[str, T]]) -> list[tuple[str, T]]:
    """Return the files by their own times. One that has none stays behind the file before it, and files of one time in
    the order that they were named in: the clock never runs backwards, so a file played late would be another event."""
    times, last = [], START
    for _, what in files:
        last = what.begins if isinstance(what, Series) else own_time(what, last)
        times.append(last)
    return [file for _, file in sorted(zip(times, files, strict=True), key=lambda pair: pair[0])]


def watched_by(template: Path, modes: Sequence[str]) -> AnomalyConfig | None:
    """Return what the environment watches, with these modes. Raises UsageError."""
    return with_modes_of(anomaly_config_of(template), modes)


def with_modes_of(config: AnomalyConfig | None, modes: Sequence[str]) -> AnomalyConfig | None:
    """Return a configuration of anomaly.yml with these modes. Raises UsageError."""
    try:
        if config is None and modes:
            raise UsageError(f"--mode {modes[0]}: this environment watches no metric: add an entry to anomaly.yml")
        return with_modes(config, modes) if config else None
    except NoSeries as error:
        raise UsageError(str(error)) from None


def series_named(name: str, watched: AnomalyConfig | None) -> Series:
    """Return the metric of a file NAME.csv, watched by the entry NAME. Raises UsageError."""
    if watched is None:
        raise UsageError(f"{name}: a metric is watched by config/anomaly.yml, and this environment watches none")
    try:
        return series_of(Path(name), watched)
    except NoSeries as error:
        raise UsageError(str(error)) from None
