"""Writes docs/alarms.md from the catalogue and runbooks/README.md from the pages.

python -m tools.alarms_page [--check]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from alertrelay.anomaly.scorer.publish import ANOMALY, LIMIT, RUNBOOKS, SILENT
from alertrelay.config.own_runbooks import OWN_RUNBOOKS
from alertrelay.config.slo import FAST, SLOW

from compiler.alarms.sentence import amount
from compiler.alarms.slo import RUNBOOKS as SLO_RUNBOOKS
from compiler.catalogue.rule import SOURCES, Chosen, Level, Rule
from compiler.catalogue.table import CATALOGUE, CLUSTER, OF_CLUSTERS, PARENTS, SEVERAL_AT_LEAST, Parent
from compiler.cost.prices import ALARM_METRIC, COMPOSITE_ALARM

ROOT = Path(__file__).resolve().parent.parent
TITLES: Mapping[str, str] = {
    "rds": "RDS instances",
    "aurora": "Aurora clusters",
    "elasticache": "ElastiCache: nodes of Redis and Valkey",
    "memcached": "ElastiCache: nodes of Memcached",
    "elasticache-serverless": "ElastiCache: serverless caches",
    "ecs": "ECS services and their targets",
    "alb": "Application Load Balancers",
    "sqs": "SQS queues",
    "lambda": "Lambda functions",
}
OF_SCORER: Mapping[str, str] = {
    ANOMALY: "A watched metric differs from its usual values at this time; find out whether it does harm.",
    SILENT: "The measured resource may be down without anybody noticing.",
    LIMIT: "What the metric measures is soon full, or has run out.",
}
OF_BUDGETS: Mapping[str, str] = {
    FAST: "Users see failures now, and the budget of weeks is spent in hours to days.",
    SLOW: "Users see more failures than agreed, and the budget does not last for its window.",
}
_FACTS = {
    "instance_class": "its class",
    "memory": "memory",
    "storage": "storage",
    "local_storage": "local disk",
    "storage_network": "traffic",
    "vcpus": "",
    "max_connections": "derived",
    "max_connections_from": "by the file, AWS's table or AWS's formula",
    "timeout": "its seconds",
}
_HEAD = """\
<!-- Made by `python -m tools.alarms_page` from the catalogue in compiler.alarms. Do not edit. -->
# Alarms

The alarms of each listed resource; [configuration.md](configuration.md#what-is-watched) explains how to list it and
how to change a number. `M/N, s` is M breaching datapoints of the last N periods of s seconds. A warning and a
critical alarm of one problem share their alertname and their page of [runbooks](../runbooks/README.md). A gap in the
data leaves an alarm as it is and shows as INSUFFICIENT_DATA, unless the row states how a gap counts.

Every number may be replaced under `thresholds` by its key; a row without a key has no choice. Prices:
${metric:.2f} a month for each metric of an alarm (a band counts as three), ${composite:.2f} for a parent; `alertrelay
check` adds them up.

Sources:
"""
_TAIL = """
## Events of ECS
Failures without a metric arrive by EventBridge from the clusters of the listed services, at the topic of warnings: a
deployment that failed, a service whose tasks cannot be placed or started (service actions of type WARN and ERROR), a
task whose container died (any exit code but 0 and 143). Each is notified once, with the severity of its content.

## In another CDK app
```python
from compiler.resources.resource import Database
from infra.alarms.alarm import ResourceAlarms

orders = Database(id="orders-db", engine="postgres", instance_class="db.m7g.xlarge", storage_gb=400)
ResourceAlarms(self, "Orders", orders, labels={"env": "prod", "service": "orders", "team": "commerce"})
```
They notify alertrelay's topics of that environment in the stack's own account and region, or `topics=` of yours. The
same construct takes a `Cluster`, `Cache`, `Service`, `LoadBalancer`, `Queue` or `Function`.

## To add an alarm
1. A `Rule` in `compiler/catalogue/<kind>.py`, with a reason and a source for its number. Its `parts` are among those
   that `PARTS` in `compiler/catalogue/table.py` lists for the kind; any other is an error as soon as anything runs.
2. Its metric in `compiler/alarms/metrics.py`: unit, direction, dimensions, shortest period. The check compares
   the rule with it.
3. Its page in `runbooks/`, named after the alertname: RDSHighCPU is `rds-high-cpu.md`. "Prevent" names the key of
   each threshold.
4. `python -m tools.alarms_page`, which writes this page and the index of the runbooks.
5. `python -m tools.schemas --write`, which writes its keys into `docs/schemas/environment.schema.json`.
6. `.venv/bin/pytest tests/compiler/alarms tests/compiler/test_schemas.py tests/tools/test_alarms_page.py
   tests/runbooks`, which also finds a rule whose `when` never holds, a number beyond its own range, and a runbook
   that lacks a section.

`python -m tools.alarm_events FOLDER` writes an event for every alarm of an environment's templates, to be replayed.
"""
_TABLE = """\
| Alarm | Fires when | M/N, s | Key | Only | Why this number | Source |
| --- | --- | --- | --- | --- | --- | --- |
"""
_OPERATORS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}


def untitled() -> list[str]:
    """Returns the kinds of the catalogue that have no title here."""
    return [kind for kind in CATALOGUE if kind not in TITLES]


def catalogue_page() -> str:
    """docs/alarms.md. Raises LookupError where a kind of the catalogue has no title."""
    if kinds := untitled():
        raise LookupError(f"tools/alarms_page.py: TITLES has no title for {', '.join(kinds)}")
    lines = [_HEAD.format(metric=ALARM_METRIC.one, composite=COMPOSITE_ALARM.one)]
    lines += [f"- **{letter}** {f'[{name}]({url})' if url else name}\n" for letter, (name, url) in SOURCES.items()]
    for kind, rules in CATALOGUE.items():
        lines.append(f"\n## {TITLES[kind]}\n{_TABLE}")
        lines += [_row(rule, level) for rule in rules for level in rule.levels]
    lines.append(
        "\n## Parents\nA composite alarm over the alarms marked ↑ above, one for each service label, kind and cluster. "
        "The parts notify their own topics too: they join the parent's group, and the inhibition rules of "
        "alertmanager.yml inhibit them, since CloudWatch itself suppresses only between composite alarms.\n\n"
        "| Alarm | Over | Impact |\n| --- | --- | --- |\n"
    )
    for parent, kinds in _parents().items():
        lines.append(f"| {_page(parent.alertname, parent.runbook)} | {', '.join(kinds)} | {parent.impact} |\n")
    lines.append(
        "\nTwo more are over the ServiceDown alarms of a cluster with two services or more; while they fire, the "
        "ServiceDown alarms of the cluster are inhibited, and ClusterDown inhibits the other. They count "
        "services of one stack; a cluster whose services are in several has no ClusterDown. From "
        "about a hundred services on they are counted in chunks, by composite "
        "alarms that notify nobody.\n\n| Alarm | Fires when | Impact |\n| --- | --- | --- |\n"
    )
    for parent in OF_CLUSTERS:
        number = "all are" if parent is CLUSTER else f"at least {SEVERAL_AT_LEAST} are"
        lines.append(f"| {_page(parent.alertname, parent.runbook)} | {number} down | {parent.impact} |\n")
    lines.append(_TAIL)
    return "".join(lines)


def _row(rule: Rule, level: Level) -> str:
    cells = (
        f"{_page(rule.alertname, rule.runbook)} {level.severity}{' ↑' if level.down else ''}",
        _condition(rule, level),
        f"{level.datapoints}/{level.of}, {rule.period}",
        f"`{key}`" if (key := rule.threshold_key(level.severity)) else "",
        rule.when.text if rule.when else "",
        level.why.format(**_FACTS, percent=_percent(level)).replace("  ", " "),
        level.source.replace(",", ", "),
    )
    return f"| {' | '.join(cells)} |\n"


def _condition(rule: Rule, level: Level) -> str:
    if rule.promql or rule.logs:
        query = rule.promql.replace(" > $threshold", "") or rule.logs
        subject = f"`{query.replace('|', chr(92) + '|')}`"
    elif rule.expression:
        what = rule.expression
        for letter, metric in zip("ab", rule.metrics, strict=False):
            what += f"{', ' if letter == 'b' else '; '}{letter} = {metric.name} {metric.statistic}"
        subject = f"`{what}`"
    else:
        subject = f"{rule.metrics[0].name} {rule.metrics[0].statistic}"
    gap = f"; a gap counts as {'bad' if rule.missing == 'breaching' else 'good'}" if rule.missing != "missing" else ""
    reason = f" ({rule.missing_why})" if rule.missing_why else ""
    if rule.band_only:
        return f"{subject} is outside its learnt band{gap}{reason}"
    band = f", or its learnt band (`anomaly: [{rule.key}]`)" if rule.band and level.severity == "warning" else ""
    return f"{subject} {_OPERATORS[rule.operator]} {_threshold(rule, level)}{band}{gap}{reason}"


def _threshold(rule: Rule, level: Level) -> str:
    if isinstance(level.threshold, Chosen):
        return level.threshold.text
    share = rule.share_of.replace("_", " ")
    return f"{amount(level.threshold, rule.key_unit)}{f' of {share}' if share else ''}"


def _percent(level: Level) -> str:
    return "…" if isinstance(level.threshold, Chosen) else f"{level.threshold:g}"


def _page(alertname: str, runbook: str) -> str:
    return f"[{alertname}](../runbooks/{runbook})"


def _parents() -> Mapping[Parent, list[str]]:
    found: dict[Parent, list[str]] = {}
    for kind, parent in PARENTS.items():
        found.setdefault(parent, []).append(TITLES[kind])
    return found


def index_page() -> str:
    """runbooks/README.md: every page by the kind of resource, with what the alarm means for users."""
    lines = [
        "<!-- Made by `python -m tools.alarms_page`. Do not edit. -->\n# Runbooks\n\n"
        "One page for each alarm; the alarm's message has the link. The thresholds and their reasons are in "
        "[docs/alarms.md](../docs/alarms.md).\n\n"
        "- If a web server shows the pages, set its address as `runbook_base_url` in the environment file.\n"
        "- The commands need the AWS CLI v2, bash and GNU `date`; AWS CloudShell has all three.\n"
        "- A resource may have its own page: `runbooks: {RDSHighCPU: orders-high-cpu.md}`.\n"
        "- The alerts of Prometheus have theirs in `prometheus/`: [docs/rules.md](../docs/rules.md) lists them.\n"
    ]
    lines.append("\n## Something is down\n")
    lines += [f"- [{parent.alertname}]({parent.runbook}): {parent.impact}\n" for parent in (*_parents(), *OF_CLUSTERS)]
    for kind, rules in CATALOGUE.items():
        lines.append(f"\n## {TITLES[kind]}\n")
        lines += [f"- [{rule.alertname}]({rule.runbook}): {rule.impact}\n" for rule in rules]
    lines.append("\n## Alerts of the anomaly-scorer\n")
    lines += [f"- [{alertname}]({page}): {OF_SCORER[alertname]}\n" for alertname, page in RUNBOOKS.items()]
    lines.append("\n## Error budgets\n")
    lines += [f"- [{alertname}]({page}): {OF_BUDGETS[alertname]}\n" for alertname, page in SLO_RUNBOOKS.items()]
    lines.append("\n## The relay itself\n")
    lines += [f"- [{names[0]}]({page}): {', '.join(names)}\n" for page, names in OWN_RUNBOOKS.items()]
    return "".join(lines)


def pages() -> Iterator[tuple[Path, str]]:
    """The files that this module writes, with their text. The index only where there are runbooks."""
    yield ROOT / "docs" / "alarms.md", catalogue_page()
    if (ROOT / "runbooks").is_dir():
        yield ROOT / "runbooks" / "README.md", index_page()


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; 1 where --check finds a page that is not current."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.alarms_page", description="Writes docs/alarms.md and the index"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where a page is not current")
    args = parser.parse_args(argv)
    stale = [(path, text) for path, text in pages() if not path.exists() or path.read_text("utf-8") != text]
    for path, text in stale:
        if not args.check:
            path.write_text(text, "utf-8")
        print(f"{path.relative_to(ROOT)}: {'is not current' if args.check else 'written'}", file=sys.stderr)
    return int(args.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
