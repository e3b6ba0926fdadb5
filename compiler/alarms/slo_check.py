"""Checks listed objectives: what makes an alarm that can never fire, or that watches nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import zip_longest

from alertrelay.config.slo import PAIRS, Signal

from compiler.alarms.metrics import BALANCER, PUBLISHED, TARGET, TARGET_OR_BALANCER, Dimensions
from compiler.alarms.slo import SloPlan, plan_slos
from compiler.reading.duration import spell_duration
from compiler.reading.finding import Findings, did_you_mean
from compiler.resources.environment import Environment
from compiler.resources.slo import ListedObjective
from compiler.resources.slo_counted import ALB

PER_STACK = 480 // (2 * len(PAIRS) + 2)
"""Objectives of a stack: CloudFormation takes 500 resources."""
BALANCER_METRICS: Mapping[str, Dimensions] = {
    **{name: published.dimensions for name, published in PUBLISHED[ALB].items()},
    **{f"HTTPCode_Target_{n}XX_Count": TARGET_OR_BALANCER for n in (2, 3, 4, 5)},
    **{f"HTTPCode_ELB_{code}_Count": BALANCER for code in ("3XX", "4XX", "5XX", "500", "502", "503", "504")},
    "ActiveConnectionCount": BALANCER,
    "NewConnectionCount": BALANCER,
    "ProcessedBytes": BALANCER,
    "GrpcRequestCount": TARGET_OR_BALANCER,
    "RequestCountPerTarget": (*TARGET, frozenset({"TargetGroup"})),
}
"""The metrics that an Application Load Balancer publishes, and by which dimensions. Source: Elastic Load Balancing,
"CloudWatch metrics for your Application Load Balancer"."""
RESPONSE_TIME = "TargetResponseTime"
LONG_WORD, ALIKE = 5, 0.85
"""Letters of a word in which a slip is seen, and the share of them that is in place: `payments` is no `shipments`."""
NAMED_ELSEWHERE = {
    "LoadBalancer": ("load balancer", "list it under `load_balancers`"),
    "TargetGroup": ("target group", "list its service under `services`"),
}
"""Dimensions whose values the rest of the file names: what such a value is, and the mend where none is near."""


def check_slos(environment: Environment, runbooks: Collection[str] | None, findings: Findings) -> SloPlan:
    """Plans the alarms of an environment's objectives and checks them. `runbooks` as in check_environment."""
    found = plan_slos(environment, findings)
    named = {dimension: _named(environment, dimension) for dimension in NAMED_ELSEWHERE}
    services = {thing.watch.labels.get("service") or thing.id for thing in environment.resources}
    for listed in environment.slos:
        for key, signal in _signals(listed):
            _check_signal(listed, key, signal, named, findings)
        _check_service(listed, services, findings)
        _check_reach(listed, findings)
    stacks: dict[str, list[ListedObjective]] = {}
    for listed in environment.slos:
        stacks.setdefault(listed.stack, []).append(listed)
    for name, several in stacks.items():
        if len(several) > PER_STACK:
            message = f"the {f'stack {name!r}' if name else 'first stack'} would have {len(several)} objectives"
            mend = f"a stack holds the alarms of {PER_STACK}: give some of them `stack: NAME`"
            findings.error(several[PER_STACK].at(), "too-many-alarms", message, mend)
    if runbooks is not None:
        for page in dict.fromkeys(burn.runbook for burn in found.burns):
            if page not in runbooks:
                burn = next(one for one in found.burns if one.runbook == page)
                message = f"runbooks/{page}, the page of {burn.alertname}, does not exist"
                findings.warning(burn.place, "no-runbook", message, "copy it from alertrelay's runbooks/, or write it")
    return found


def _signals(listed: ListedObjective) -> Iterator[tuple[str, Signal]]:
    key = next((key for key in ("load_balancer", "metrics", "latency") if key in listed.places), "")
    for signal in listed.objective.signals:
        yield key, signal


def _named(environment: Environment, dimension: str) -> frozenset[str]:
    """Returns the load balancers, or the target groups, that the environment's file names elsewhere."""
    if dimension == "TargetGroup":
        return frozenset(one.target_group for one in environment.services if one.target_group)
    named = (*(one.id for one in environment.load_balancers), *(one.load_balancer for one in environment.services))
    return frozenset(name for name in named if name)


def _check_service(listed: ListedObjective, services: Collection[str], findings: Findings) -> None:
    """An objective may be of a service that has no resource here; one that is nearly the name of another is a slip."""
    service = listed.objective.service
    near = "" if service in services else next((name for name in sorted(services) if _slip(service, name)), "")
    if near:
        message = f"{listed.objective.id}: no resource of this file has the service {service!r}"
        findings.warning(listed.at("service"), "unlisted-service", message, f"did you mean {near!r}?")


def _slip(name: str, known: str) -> bool:
    """Returns whether the names differ by a letter or two of a long word: `chekout`, and not `orders-eu`."""
    pairs = list(zip_longest(name.split("-"), known.split("-"), fillvalue=""))
    return all(one == other or _nearly(one, other) for one, other in pairs)


def _nearly(one: str, other: str) -> bool:
    alike = SequenceMatcher(None, one, other).ratio()
    return min(len(one), len(other)) >= LONG_WORD and abs(len(one) - len(other)) < 2 and alike >= ALIKE


def _check_signal(
    listed: ListedObjective, key: str, signal: Signal, named: Mapping[str, Collection[str]], findings: Findings
) -> None:
    if signal.namespace != ALB:
        return
    dimensions = BALANCER_METRICS.get(signal.name)
    if dimensions is None:
        message = f"{listed.objective.id}: an Application Load Balancer has no metric {signal.name!r}"
        findings.error(listed.at(key), "unknown-metric", message, did_you_mean(signal.name, BALANCER_METRICS))
    elif frozenset(signal.dimensions) not in dimensions:
        message = (
            f"{listed.objective.id}: {signal.name} has no data by {', '.join(sorted(signal.dimensions)) or 'nothing'}"
        )
        known = "; or ".join(", ".join(sorted(names)) for names in dimensions)
        findings.error(listed.at(key), "wrong-dimensions", message, f"it is published by {known}")
    elif signal == listed.objective.rank and signal.name != RESPONSE_TIME:
        message = f"{listed.objective.id}: {signal.name} is no latency: it has no value for each request"
        findings.error(listed.at(key), "unknown-metric", message, f"a load balancer's latency is {RESPONSE_TIME}")
    for dimension, (what, otherwise) in NAMED_ELSEWHERE.items():
        name, known_names = signal.dimensions.get(dimension, ""), named[dimension]
        if name and known_names and name not in known_names:
            message = f"{listed.objective.id}: the {what} {name!r} stands nowhere else in this file"
            mend = did_you_mean(name, known_names, otherwise)
            findings.warning(listed.at(key), "unlisted-load-balancer", message, mend)


def _check_reach(listed: ListedObjective, findings: Findings) -> None:
    """Checks that each pair can fire: at 90 % a burn rate is never above 10, since no more than all events are bad."""
    objective = listed.objective
    most = 1 / objective.budget
    dead = [pair for pair in PAIRS if pair.factor(objective.window) >= most]
    if dead:
        windows = " and ".join(spell_duration(pair.long) for pair in dead)
        message = (
            f"{objective.id}: at {objective.percent:g} % the budget burns at most {most:.3g} times as fast as planned, "
            f"and the alarms over {windows} ask for {dead[0].factor(objective.window):.3g} times"
        )
        mend = "they never fire: raise the objective, or shorten its window"
        findings.warning(listed.at("objective"), "never-fires", message, mend)
