"""Plans the alarms over a whole cluster: some of its services are down, or all of them.

Their parts are the ServiceDown alarms of the cluster, one a service. PutCompositeAlarm takes 100 alarms and 10,240
characters, so the services of a large cluster are counted in chunks first, by composite alarms that notify nobody.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from compiler.alarms.alarm import CompositeAlarm, Setting, alarm_name, description_of, labels_of
from compiler.alarms.part import Watched
from compiler.catalogue.table import CLUSTER, OF_CLUSTERS, SERVICE, SEVERAL, SEVERAL_AT_LEAST, Parent
from compiler.reading.finding import Findings

CHILDREN_LIMIT = 100  # of a composite alarm
RULE_LIMIT = 10_240  # characters, PutCompositeAlarm
_NAMED = 8
_AROUND = 14  # characters that a rule adds to each name: ALARM("") AND


def cluster_alarms(
    parents: Sequence[CompositeAlarm], things: Sequence[Watched], setting: Setting, findings: Findings
) -> Iterator[CompositeAlarm]:
    """Yields the alarms of each cluster with at least two services, after the chunks that they are made of.

    CloudWatch refuses to delete an alarm that another's rule names, and stacks are deployed one after the other: so an
    alarm counts services of its own stack only. A cluster that is spread over several stacks has no ClusterDown.
    """
    clusters: dict[str, dict[str, list[CompositeAlarm]]] = {}
    for parent in parents:
        cluster = parent.labels.get("cluster", "")
        if parent.alertname == SERVICE.alertname and cluster:
            clusters.setdefault(cluster, {}).setdefault(parent.stack, []).append(parent)
    for stacks in clusters.values():
        for services in stacks.values():
            if len(services) >= SEVERAL_AT_LEAST:
                wanted = OF_CLUSTERS if len(stacks) == 1 else (SEVERAL,)
                yield from _of_stack(services, wanted, things, setting, findings)


def _of_stack(
    services: Sequence[CompositeAlarm],
    wanted: Sequence[Parent],
    things: Sequence[Watched],
    setting: Setting,
    findings: Findings,
) -> Iterator[CompositeAlarm]:
    first = next(t for t in things if t.id == services[0].resource and t.kind == services[0].kind)
    names = [one.name for one in services]
    chunks = _chunks(names)
    for parent in wanted:
        top = _alarm(parent, services, first, setting)
        if top is None:
            message = f"the description of {parent.alertname} is longer than the 1,024 characters that CloudWatch takes"
            findings.error(first.watch.at("labels"), "too-long", message, "shorten the labels")
        elif len(chunks) == 1:
            yield dataclasses.replace(top, children=tuple(names), expression=_rule(parent, names))
        else:
            yield from _in_chunks(top, parent, chunks)


def _in_chunks(top: CompositeAlarm, parent: Parent, chunks: Sequence[Sequence[str]]) -> Iterator[CompositeAlarm]:
    """Yields the chunks, then the alarm over them. Several services are several of one chunk, or one of several."""
    whole = [_chunk(top, f"{number}", _rule(parent, chunk), chunk) for number, chunk in enumerate(chunks, 1)]
    yield from whole
    joined = [_alarming(one.name) for one in whole]
    if parent is CLUSTER:
        children, rule = [one.name for one in whole], " AND ".join(joined)
    else:
        some = [
            _chunk(top, f"any-{number}", " OR ".join(map(_alarming, chunk)), chunk)
            for number, chunk in enumerate(chunks, 1)
        ]
        yield from some
        any_names = [one.name for one in some]
        children = [*(one.name for one in whole), *any_names]
        rule = " OR ".join([*joined, _rule(SEVERAL, any_names)])
    yield dataclasses.replace(top, children=tuple(children), expression=rule)


def _chunk(top: CompositeAlarm, number: str, rule: str, children: Sequence[str]) -> CompositeAlarm:
    return dataclasses.replace(
        top,
        name=f"{top.name}-{number}",
        description=f"A part of {top.name}. It notifies nobody.",
        children=tuple(children),
        expression=rule,
        notifies=False,
    )


def _rule(parent: Parent, names: Sequence[str]) -> str:
    if parent is CLUSTER:
        return " AND ".join(map(_alarming, names))
    listed = ", ".join(f'"{name}"' for name in names)
    return f"AT_LEAST({SEVERAL_AT_LEAST}, ALARM, ({listed}))"


def _alarming(name: str) -> str:
    return f'ALARM("{name}")'


def _chunks(names: Sequence[str]) -> Sequence[Sequence[str]]:
    """Returns the names in lists that one rule takes each."""
    found: list[list[str]] = [[]]
    size = 0
    for name in names:
        more = len(name) + _AROUND
        if len(found[-1]) == CHILDREN_LIMIT or size + more > RULE_LIMIT - 2 * _AROUND:
            found.append([])
            size = 0
        found[-1].append(name)
        size += more
    return found


def _alarm(
    parent: Parent, services: Sequence[CompositeAlarm], first: Watched, setting: Setting
) -> CompositeAlarm | None:
    """Returns the alarm without its rule; None where its description is too long. Its service is the cluster itself."""
    cluster, stack = services[0].labels["cluster"], services[0].stack
    own = {"category": "availability", "service": cluster, "cluster": cluster}
    every = labels_of(setting, first, own)
    labels = {name: text for name, text in every.items() if name in own or _shared(name, services)}
    named = ", ".join(one.service for one in services[:_NAMED])
    more = f" and {len(services) - _NAMED} more" if len(services) > _NAMED else ""
    text = f"{parent.what} of cluster {cluster} are down, or about to be. It has {len(services)}: {named}{more}."
    page = f"ecs/v2/clusters/{cluster}/services?region={{region}}"
    first = dataclasses.replace(first, console=page)
    description = description_of(
        text, parent.alertname, "critical", labels, parent.impact, parent.runbook, first, setting
    )
    if description is None:
        return None
    named = f"{cluster}.{stack}" if stack else cluster
    return CompositeAlarm(
        name=alarm_name(setting.environment, "cluster", named, parent.alertname, "critical"),
        alertname=parent.alertname,
        severity="critical",
        resource=first.id,
        kind=first.kind,
        service=cluster,
        description=description,
        labels=labels,
        runbook=parent.runbook,
        children=(),
        stack=stack,
        place=services[0].place,
    )


def _shared(label: str, services: Sequence[CompositeAlarm]) -> bool:
    """Returns whether all services have one value of a label: a team is no label of an alarm of several."""
    return len({one.labels.get(label) for one in services}) == 1
