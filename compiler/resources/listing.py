"""Reads the resources that `config/environments/<env>.yml` lists. Faults are findings and count as absent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.alert import Labels

from compiler.catalogue.table import CATALOGUE
from compiler.reading.finding import Place, did_you_mean
from compiler.reading.formats import LABEL_VALUE
from compiler.reading.section import Section, keys, number_of, string_of
from compiler.resources.keys import ResourceList, class_of, date_of, name_of, one_of
from compiler.resources.lists import (
    CACHES,
    CLUSTERS,
    DATABASES,
    FUNCTIONS,
    LOAD_BALANCERS,
    QUEUES,
    SERVICES,
)
from compiler.resources.resource import (
    Cache,
    Cluster,
    Database,
    Function,
    LoadBalancer,
    Queue,
    ResourceWatch,
    Service,
)

WATCH_KEYS = keys("labels thresholds reviewed anomaly insufficient_data runbooks stack")
_NODE = re.compile(r".*-[0-9]{3}")
STACK = (r"[a-z][a-z0-9-]{0,30}", "orders")
_PAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.md")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def known_keys(listed: ResourceList) -> tuple[str, ...]:
    """Return the keys that an entry of a list may have."""
    return (*(key.name for key in listed.own), *WATCH_KEYS)


def databases(section: Section) -> tuple[Database, ...]:
    """RDS instances."""
    return tuple(Database(**DATABASES.fields(item), watch=_watch(item, "rds")) for item in _items(section, DATABASES))


def clusters(section: Section) -> tuple[Cluster, ...]:
    """Aurora clusters: provisioned by `class`, serverless by `max_capacity`."""
    return tuple(_cluster(item) for item in _items(section, CLUSTERS))


def _cluster(item: Section) -> Cluster:
    if item.has("max_capacity") is item.has("class"):
        mend = "`class: db.r6g.large`, or `max_capacity: 16` for Aurora Serverless v2"
        item.findings.error(item.at("class"), "one-of", "exactly one of 'class' and 'max_capacity' is needed", mend)
    return Cluster(**CLUSTERS.fields(item), watch=_watch(item, "aurora"))


def caches(section: Section) -> tuple[Cache, ...]:
    """Replication groups, Memcached clusters and serverless caches."""
    return tuple(_cache(item) for item in _items(section, CACHES))


def _cache(item: Section) -> Cache:
    found = CACHES.fields(item)
    cache_id, engine, serverless = found["id"], found["engine"], found["serverless"]
    if cache_id and _NODE.fullmatch(cache_id) and engine != "memcached":
        mend = f"name the replication group, {cache_id[:-4]}; `nodes` says how many it has"
        item.findings.error(item.at("id"), "node-id", f"{cache_id!r} is the id of one node", mend)
    if serverless:
        for key in ("class", "nodes", "shards", "node_ids"):
            if item.has(key):
                item.findings.error(item.at(key), "one-of", f"a serverless cache has no {key!r}", "remove it")
        found["instance_class"] = ""
    elif not item.has("class"):
        class_of(item, "cache", needs=("vcpus",))
    _check_node_ids(item, cache_id, engine)
    return Cache(**found, watch=_watch(item, cache_kind(engine, serverless=serverless)))


def cache_kind(engine: str, *, serverless: bool) -> str:
    """Returns the part of the catalogue for such a cache."""
    if serverless:
        return "elasticache-serverless"
    return "memcached" if engine == "memcached" else "elasticache"


def _check_node_ids(item: Section, cache_id: str, engine: str) -> None:
    for value in item.list("node_ids"):
        good = value.text.isdigit() if engine == "memcached" else re.fullmatch(r".+-[0-9]{3}", value.text)
        if value.text and not (good and (engine == "memcached" or value.text.startswith(f"{cache_id}-"))):
            example = "0001" if engine == "memcached" else f"{cache_id or 'sessions'}-001"
            message = f"{value.text!r} is not the id of a node of {cache_id!r}"
            item.findings.error(value.place, "node-id", message, f"as in {example}")


def services(section: Section) -> tuple[Service, ...]:
    """ECS services."""
    return tuple(_service(item) for item in _items(section, SERVICES))


def _service(item: Section) -> Service:
    if item.has("target_group") is not item.has("load_balancer"):
        mend = "`load_balancer: app/…` and `target_group: targetgroup/…`, the last parts of their ARNs"
        message = "'load_balancer' and 'target_group' are needed together"
        item.findings.error(item.at("target_group"), "missing-key", message, mend)
    return Service(**SERVICES.fields(item), watch=_watch(item, "ecs"))


def load_balancers(section: Section) -> tuple[LoadBalancer, ...]:
    """Application Load Balancers."""
    return tuple(
        LoadBalancer(**LOAD_BALANCERS.fields(item), watch=_watch(item, "alb"))
        for item in _items(section, LOAD_BALANCERS)
    )


def queues(section: Section) -> tuple[Queue, ...]:
    """SQS queues."""
    return tuple(Queue(**QUEUES.fields(item), watch=_watch(item, "sqs")) for item in _items(section, QUEUES))


def functions(section: Section) -> tuple[Function, ...]:
    """Lambda functions."""
    return tuple(
        Function(**FUNCTIONS.fields(item), watch=_watch(item, "lambda")) for item in _items(section, FUNCTIONS)
    )


def labels_of(section: Section) -> Labels:
    """The mapping under `labels`."""
    labels: dict[str, str] = {}
    for name, value in section.mapping("labels").items():
        text = LABEL_VALUE(value, section.findings)
        if not _LABEL_NAME.fullmatch(name):
            mend = "letters, digits and underscores, no digit first"
            section.findings.error(value.place, "bad-label", f"{name!r} is not a label name", mend)
        elif text:
            labels[name] = text
    return labels


def _items(section: Section, listed: ResourceList) -> tuple[Section, ...]:
    """The items of a list of resources, after an error for each that is defined twice."""
    items = section.sections(listed.key, known_keys(listed))
    first: dict[tuple[str, str], Section] = {}
    for item in items:
        identity = (item.text("cluster"), item.text("id"))
        earlier = first.setdefault(identity, item)
        if earlier is not item and item.has("id"):
            message = f"{item.text('id')!r} is defined twice, first in line {earlier.place.line}"
            section.findings.error(item.at("id"), "duplicate-id", message, "remove one of the two")
    return items


def _watch(item: Section, kind: str) -> ResourceWatch:
    places = {key: item.at(key) for key in (*WATCH_KEYS, "id", "class", "storage_gb") if item.has(key)}
    for key, value in item.mapping("thresholds").items() if item.has("thresholds") else ():
        places[f"thresholds.{key}"] = value.key_place or value.place
    return ResourceWatch(
        labels=labels_of(item),
        thresholds=_thresholds(item, kind),
        reviewed=date_of(item, "reviewed"),
        anomaly=_anomaly(item, kind),
        insufficient_data=one_of(item, "insufficient_data", ("firing",), "", needed=False) == "firing",
        runbooks=_runbooks(item, kind, places),
        stack=name_of(item, "stack", *STACK, needed=False),
        places={**places, "": item.place},
    )


def threshold_range(kind: str) -> Mapping[str, tuple[float, float, str]]:
    """The keys that `thresholds` of a kind of resource knows, each with its least, its largest number and its unit."""
    return {
        key: (rule.low, rule.high, rule.key_unit)
        for rule in CATALOGUE[kind]
        for level in rule.levels
        if (key := rule.threshold_key(level.severity))
    }


def _thresholds(item: Section, kind: str) -> Mapping[str, float]:
    known = threshold_range(kind)
    thresholds: dict[str, float] = {}
    for name, value in item.mapping("thresholds").items():
        if name not in known:
            message = f"no alarm here has the threshold {name!r}"
            item.findings.error(value.key_place or value.place, "unknown-key", message, did_you_mean(name, known))
            continue
        low, high, unit = known[name]
        number = number_of(value, item.findings, low=low, high=high, default=-1, unit=unit)
        if number >= 0:
            thresholds[name] = number
    return thresholds


def anomaly_words(kind: str) -> tuple[str, ...]:
    """Returns the measures of a kind of resource that can be compared with a learnt band."""
    return tuple(rule.key for rule in CATALOGUE[kind] if rule.band)


def _anomaly(item: Section, kind: str) -> tuple[str, ...]:
    words = anomaly_words(kind)
    for value in item.list("anomaly"):
        word = string_of(value, item.findings)
        if word and word not in words:
            message = f"{word!r} is not held against a band here"
            item.findings.error(value.place, "bad-value", message, did_you_mean(word, words))
    return tuple(value.text for value in item.list("anomaly") if value.text in words)


def _runbooks(item: Section, kind: str, places: dict[str, Place]) -> Mapping[str, str]:
    known = {rule.alertname for rule in CATALOGUE[kind]}
    pages: dict[str, str] = {}
    for alertname, value in item.mapping("runbooks").items():
        page = string_of(value, item.findings)
        if alertname not in known:
            message = f"no alarm here is called {alertname!r}"
            item.findings.error(value.key_place or value.place, "unknown-key", message, did_you_mean(alertname, known))
        elif page and not _PAGE.fullmatch(page):
            message = f"{page!r} is not the name of a page"
            item.findings.error(value.place, "bad-value", message, "a file below runbooks/, as in orders-high-cpu.md")
        elif page:
            pages[alertname] = page
            places[f"runbooks.{alertname}"] = value.place
    return pages
