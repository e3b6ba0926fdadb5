"""A CloudWatch alarm in words: its summary, its value against its threshold, its condition, its links."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.sources import burn_rate
from alertrelay.sources import reason as reasons
from alertrelay.sources.alarm_update import AlarmMetric, AlarmUpdate, Condition
from alertrelay.sources.metadata import Metadata
from alertrelay.values import text as texts
from alertrelay.values import units
from alertrelay.values.arn import alarm_link, log_group_link

_OPERATORS: Mapping[str, str] = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside",
    "LessThanLowerThreshold": "below",
    "GreaterThanUpperThreshold": "above",
}
_STATISTICS: Mapping[str, str] = {"samplecount": "sample count", "tm": "trimmed mean", "iqm": "interquartile mean"}
# Source: Amazon CloudWatch API reference, MetricAlarm EvaluationState; IN_WARM_UP is in the user guide alone.
_EVALUATIONS: Mapping[str, str] = {
    "PARTIAL_DATA": "only part of the data was evaluated",
    "EVALUATION_ERROR": "cannot be evaluated: its configuration has an error",
    "EVALUATION_FAILURE": "cannot be evaluated: CloudWatch has a temporary fault",
    "IN_WARM_UP": "is warming up: it is not evaluated yet",
}
_ARN = re.compile(r"arn:aws[a-z-]{0,20}:cloudwatch:[a-z0-9-]{0,30}:[0-9]{0,12}:alarm:")  # in a composite alarm's reason
_NOT_NAMED = 8  # contributor attributes beyond these are not in the summary


def notes_of(
    update: AlarmUpdate, meta: Metadata, *, metric: AlarmMetric | None, shared: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the annotations of an update. `metric` is the one it is about, `shared` what all its metrics share."""
    seen = reasons.read(update.reason, update.reason_data)
    unit = (
        units.unit_of(metric.namespace, metric.name, metric.unit) if metric and not update.condition.expression else ""
    )
    value = units.shown(seen.value, unit) if seen.value is not None else ""
    burning = _burn_rate(update, seen, shared)
    evaluation = evaluated(update.evaluation)
    threshold = _threshold(update.condition, seen, unit)
    said = texts.first_sentence(meta.prose)
    if evaluation and update.state.upper() == "INSUFFICIENT_DATA":
        said = ". ".join(filter(None, (f"Alarm {update.name} {evaluation}", update.reason)))
    return texts.annotation_set(
        [
            ("summary", texts.one_line(said or burning) or _what_happened(update, metric, value)),
            ("description", "\n".join(filter(None, (meta.prose, meta.further)))),
            *meta.annotations.items(),
            ("value", value),
            ("threshold", threshold),
            ("condition", _in_words(update.condition, metric, threshold)),
            ("expression", update.condition.expression),
            ("burn_rate", burning),
            ("reason", update.reason),
            ("evaluation", evaluation),
            ("previous_state", update.previous_state),
            ("alarm_rule", update.rule),
            ("triggering_alarms", ", ".join(map(str, update.children))),
            ("triggering_alarm_urls", "\n".join(_child_links(update))),
            ("logs_url", log_group_link(update.region, update.log_groups[0]) if update.log_groups else ""),
            *update.notes.items(),
        ]
    )


def _child_links(update: AlarmUpdate) -> list[str]:
    """Return where the console shows each child. A composite alarm has those of its own account and region alone."""
    return [href for child in update.children if child.name and (href := alarm_link(update.region, child.name))]


def evaluated(word: str) -> str:
    """Return why an alarm is not evaluated in full, "" where it is. A word that nobody documents is shown as it is."""
    return _EVALUATIONS.get(word.upper(), texts.one_line(word.lower().replace("_", " "), 100))


def _what_happened(update: AlarmUpdate, metric: AlarmMetric | None, value: str) -> str:
    """Returns a summary where nobody wrote one."""
    given = update.contributor_attributes
    attributes = [each for name, each in given.items() if each and name.lower() != "severity"][:_NOT_NAMED]
    if update.condition.subject and not metric:
        return _of_query(update, attributes, value)
    if not metric or not metric.name:
        about = f" for {', '.join(attributes)}" if attributes else ""
        reason = _ARN.sub("", update.reason[: texts.READ_MAX])
        return texts.one_line(f"Alarm {update.name}{about} is {update.state or 'in no known state'}. {reason}")
    about = ", ".join(dict.fromkeys([*list(metric.dimensions.values())[:_NOT_NAMED], *attributes]))
    of = f" of {about}" if about else ""
    return texts.one_line(f"{metric.name}{of} is {value}" if value else f"{metric.name}{of}: {update.state}")


def _of_query(update: AlarmUpdate, attributes: list[str], value: str) -> str:
    about = ", ".join(dict.fromkeys(attributes or update.log_groups))
    if value:
        subject = update.condition.subject.partition(" by ")[0] if attributes else update.condition.subject
        return texts.one_line(f"{subject}{f' of {about}' if about else ''} is {value}")
    whose = f" for {about}" if about else ""
    met = update.condition.text if update.state.upper() == "ALARM" else ""
    return texts.one_line(
        f"Alarm {update.name}{whose} is {update.state or 'in no known state'}. {update.reason or met}"
    )


def _burn_rate(update: AlarmUpdate, seen: reasons.Seen, shared: Mapping[str, str]) -> str:
    """Returns the sentence of a burn-rate alarm; of metric math over several windows the rate is not known."""
    burning = [metric for metric in update.metrics if burn_rate.is_burn_rate(metric.name)]
    if not burning:
        return ""
    math = bool(update.condition.expression)
    limit = seen.threshold if update.condition.threshold is None else update.condition.threshold
    return burn_rate.sentence(
        objective=shared.get("SloName", ""),
        windows=(metric.dimensions.get("BurnRateWindowMinutes", "") for metric in burning[:_NOT_NAMED]),
        rate=None if math else seen.value,
        limit=burn_rate.limit_of(update.condition.expression) if math else limit,
        over=update.state.upper() == "ALARM",
    )


def _threshold(condition: Condition, seen: reasons.Seen, unit: str) -> str:
    threshold = seen.threshold if condition.threshold is None else condition.threshold
    if threshold is not None:
        return units.shown(threshold, unit)
    low = units.shown(seen.lower, unit) if seen.lower is not None else ""
    high = units.shown(seen.upper, unit) if seen.upper is not None else ""
    return f"{low} to {high}" if low and high else low or high


def _in_words(condition: Condition, metric: AlarmMetric | None, threshold: str) -> str:
    """CPUUtilization average over 60 s > 80% for 10 of 10 periods."""
    sign = _OPERATORS.get(condition.operator)
    if condition.text or not sign:
        return condition.text
    named = condition.expression_label or condition.subject or (metric.name if metric else "")
    what = named or condition.expression or "the metric"
    statistic = _statistic(metric.statistic) if metric and not condition.expression_label else ""
    limit = f"the expected band ({threshold})" if sign.isalpha() and threshold else threshold or "the expected band"
    words = [
        what,
        statistic,
        f"over {condition.period} s" if condition.period else "",
        sign,
        limit,
        _periods(condition),
        condition.schedule,
    ]
    return " ".join(word for word in words if word)


def _statistic(name: str) -> str:
    lower = name.strip().lower()
    return _STATISTICS.get(lower, lower)


def _periods(condition: Condition) -> str:
    if not condition.evaluation_periods:
        return ""
    needed = condition.datapoints_to_alarm or condition.evaluation_periods
    plural = "s" if condition.evaluation_periods > 1 else ""
    return f"for {needed} of {condition.evaluation_periods} {condition.counted}{plural}"
