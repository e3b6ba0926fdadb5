"""Money: Budgets and Cost Anomaly Detection, by SNS and by EventBridge.

Source: AWS Cost Management user guide, "Creating an Amazon SNS topic for budget notifications" and "Getting started
with AWS Cost Anomaly Detection".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, draft

_BUDGETS = "https://console.aws.amazon.com/billing/home#/budgets"
_LINE = re.compile(r"^[ \t>*]*(?P<key>[A-Z][A-Za-z ]{2,30}?)[ \t]*:[ \t]*(?P<value>\S.*)$", re.MULTILINE)
_ACCOUNT = re.compile(r"AWS Account:?\s+(?P<account>[0-9]{12})")
_ASKED = re.compile(r"associated with your (?P<name>.{1,200}?) budget", re.DOTALL)


def is_budget_text(text: str) -> bool:
    """Recognises the mail of a budget, by SNS as by mail; or that a budget's topic was checked."""
    head = text[:4_000]
    return "AWS Budget" in head and ("Budget Name:" in head or "budget" in head[:400].lower())


def read_budget_text(text: str, arrival: Arrival) -> AlertDraft:
    """`Budget Name: …` and so on, below a salutation."""
    pairs = {match["key"]: match["value"].rstrip() for match in _LINE.finditer(text[:20_000])}
    asked = _ASKED.search(text[:4_000])
    account = _ACCOUNT.search(text[:4_000])
    found = read_budget(Fields.of({"BudgetName": asked["name"] if asked else "", **pairs}), arrival)
    return replace(found, description=text, account=account["account"] if account else "")


def is_budget(fields: Fields) -> bool:
    """Recognises a budget's notice as JSON."""
    return fields.has("budgetName") or fields.has("budget", "notification")


def read_budget(fields: Fields, arrival: Arrival) -> AlertDraft:
    """Actual over the threshold is a warning, as is a forecast; whose severity it is, the topic says."""
    name = fields.text("budgetName", "budget.budgetName", "budget.name", "budget") or arrival.envelope.subject
    kind = fields.text("alertType", "notificationType", "notification.notificationType").upper()
    limit = fields.text("budgetedAmount", "budgetLimit.amount", "budgetLimit", "budget.budgetLimit.amount")
    threshold = fields.text("alertThreshold", "threshold", "notification.threshold")
    actual = fields.text(
        "actualAmount", "forecastedAmount", "actual amount", "amount", "calculatedSpend.actualSpend.amount"
    )
    what = "forecast " if kind.startswith("FORECAST") else "actual "
    spent = f": {what}{actual}" if actual else ""
    of = f" of {limit} budgeted" if limit else ""
    over = f", alert threshold {threshold}" if threshold else ""
    return AlertDraft(
        alertname="BudgetForecastExceeded" if kind.startswith("FORECAST") else "BudgetExceeded",
        summary=f"Budget {name or 'without a name'}{spent}{of}{over}" if spent or of or over else f"Budget {name}",
        labels={"aws_service": "budgets", "resource": name, "budget": name},
        notes={"value": actual, "threshold": threshold},
        description=fields.lines(),
        link=_BUDGETS,
        account=fields.text("accountId", "account"),
    )


def is_anomaly(fields: Fields) -> bool:
    """Cost Anomaly Detection's notice."""
    return fields.has("anomalyId") and (fields.has("impact") or fields.has("anomalyDetailsLink"))


def read_anomaly(fields: Fields) -> AlertDraft:
    """Returns by how much a cost exceeds the expected one."""
    impact = fields.number("impact.totalImpact", "totalImpact", "impact.maxImpact")
    share = fields.number("impact.totalImpactPercentage")
    causes = [
        " ".join(part for part in (cause.text("service"), cause.text("usageType"), cause.text("region")) if part)
        for cause in fields.each("rootCauses")
    ]
    what = fields.text("dimensionalValue", "dimensionValue", "monitorName") or (causes[0] if causes else "")
    amount = f": ${impact:,.2f} more than expected" if impact is not None else ""
    percent = f" ({share:.0f}%)" if share is not None else ""
    cause = f". Cause: {'; '.join(causes[:3])}" if causes else ""
    monitor = fields.text("monitorName") or resource_name(fields.text("monitorArn"))
    return AlertDraft(
        alertname="CostAnomaly",
        summary=f"Cost anomaly in {what or 'the account'}{amount}{percent}{cause}",
        identity=f"cost-anomaly:{fields.text('anomalyId')}",
        labels={"aws_service": "ce", "resource": what, "monitor": monitor},
        notes={"value": f"${impact:,.2f}" if impact is not None else ""},
        description=fields.lines(),
        link=fields.text("anomalyDetailsLink"),
        account=fields.text("accountId"),
        at=fields.at("anomalyStartDate", "startDate"),
    )


def _anomaly(event: Event) -> AlertDraft:
    found = read_anomaly(event.detail)
    return replace(
        draft(event, alertname=found.alertname, summary=found.summary, labels=found.labels),
        identity=found.identity,
        notes=found.notes,
        link=found.link,
    )


READERS: Mapping[str, Reader] = {"Anomaly Detected": _anomaly, "ce:": _anomaly}
