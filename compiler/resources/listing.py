"""Reads the resources that `config/environments/<env>.yml` lists. Faults are findings and count as absent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from alertrelay.alert import Labels

from compiler.catalogue.facts import classes
from compiler.catalogue.table import CATALOGUE
from compiler.reading.finding import Place, did_you_mean
from compiler.reading.formats import LABEL_VALUE
from compiler.reading.section import Section, keys, number_of, string_of
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

ENGINES = ("mysql", "mariadb", "postgres", "oracle", "sqlserver")
CLUSTER_ENGINES = ("aurora-mysql", "aurora-postgresql")
CACHE_ENGINES = ("redis", "valkey", "memcached")
STORAGE_TYPES = ("gp2", "gp3", "io1", "io2", "standard")

WATCH_KEYS = keys("labels thresholds anomaly insufficient_data runbooks stack")
DATABASE_KEYS = (
    *keys("id engine class storage_gb storage_type replica performance_insights max_connections memory_gb vcpus"),
    *WATCH_KEYS,
)
CLUSTER_KEYS = (
    *keys("id engine class max_capacity readers binlog_replica performance_insights max_connections memory_gb vcpus"),
    *keys("local_storage_gb storage_network_megabytes"),
    *WATCH_KEYS,
)
CACHE_KEYS = (
    *keys("id engine class nodes shards node_ids serverless must_not_evict max_connections vcpus"),
    *WATCH_KEYS,
)
SERVICE_KEYS = (
    *keys("id cluster launch container_insights ebs_volume load_balancer target_group healthy_targets"),
    *keys("service_connect opentelemetry log_group"),
    *WATCH_KEYS,
)
LOAD_BALANCER_KEYS = ("id", *WATCH_KEYS)
QUEUE_KEYS = ("id", "dead_letter_queue", *WATCH_KEYS)
FUNCTION_KEYS = ("id", "timeout_seconds", "stream", *WATCH_KEYS)

_RDS_NAME = (r"[A-Za-z](-?[A-Za-z0-9]){0,62}", "orders-db")
_CACHE_NAME = (r"[A-Za-z](-?[A-Za-z0-9]){0,49}", "sessions")
_ECS_NAME = (r"[A-Za-z0-9_-]{1,255}", "checkout")
_OTEL_NAME = (r"[A-Za-z0-9][A-Za-z0-9_.:/ -]{0,99}", "checkout")
_LOG_GROUP = (r"[A-Za-z0-9_/.#-]{1,512}", "/ecs/checkout")
_ECS_CLUSTER = (_ECS_NAME[0], "main")
_BALANCER = (r"app/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}", "app/main/50dc6c495c0c9188")
_TARGETS = (r"targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}", "targetgroup/checkout/73e2d6bc24d8a067")
_QUEUE_NAME = (r"[A-Za-z0-9_-]{1,80}(\.fifo)?", "orders")
_FUNCTION_NAME = (r"[A-Za-z0-9_-]{1,64}", "resize-images")
_DISCOVERY_NAME = (r"[A-Za-z0-9_-]{1,64}", "checkout")
_NODE = re.compile(r".*-[0-9]{3}")
STACK = (r"[a-z][a-z0-9-]{0,30}", "orders")
_PAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.md")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def databases(section: Section) -> tuple[Database, ...]:
    """RDS instances."""
    return tuple(
        Database(
            id=_name(item, "id", *_RDS_NAME),
            engine=_one_of(item, "engine", ENGINES, ENGINES[2]),
            instance_class=_class(item, "db", needs=("memory_gb", "vcpus")),
            storage_gb=_needed_number(item, "storage_gb", 5, 65_536),
            storage_type=_one_of(item, "storage_type", STORAGE_TYPES, "gp3", needed=False),
            replica=item.flag("replica", default=False),
            performance_insights=item.flag("performance_insights", default=False),
            max_connections=item.number("max_connections", 0, low=1, high=1_000_000),
            memory_gb=item.number("memory_gb", 0, low=0.5, high=65_536),
            vcpus=item.number("vcpus", 0, low=1, high=2_048),
            watch=_watch(item, "rds"),
        )
        for item in _items(section, "databases", DATABASE_KEYS)
    )


def clusters(section: Section) -> tuple[Cluster, ...]:
    """Aurora clusters: provisioned by `class`, serverless by `max_capacity`."""
    return tuple(_cluster(item) for item in _items(section, "clusters", CLUSTER_KEYS))


def _cluster(item: Section) -> Cluster:
    serverless = item.has("max_capacity")
    if serverless is item.has("class"):
        mend = "`class: db.r6g.large`, or `max_capacity: 16` for Aurora Serverless v2"
        item.findings.error(item.at("class"), "one-of", "exactly one of 'class' and 'max_capacity' is needed", mend)
    return Cluster(
        id=_name(item, "id", *_RDS_NAME),
        engine=_one_of(item, "engine", CLUSTER_ENGINES, CLUSTER_ENGINES[1]),
        instance_class=_class(item, "db", needs=("memory_gb", "vcpus")) if item.has("class") else "",
        max_capacity=item.number("max_capacity", 0, low=0.5, high=256),
        readers=item.flag("readers", default=True),
        binlog_replica=item.flag("binlog_replica", default=False),
        performance_insights=item.flag("performance_insights", default=False),
        max_connections=item.number("max_connections", 0, low=1, high=1_000_000),
        memory_gb=item.number("memory_gb", 0, low=0.5, high=65_536),
        vcpus=item.number("vcpus", 0, low=1, high=2_048),
        local_storage_gb=item.number("local_storage_gb", 0, low=1, high=65_536),
        storage_network_megabytes=item.number("storage_network_megabytes", 0, low=1, high=100_000),
        watch=_watch(item, "aurora"),
    )


def caches(section: Section) -> tuple[Cache, ...]:
    """Replication groups, Memcached clusters and serverless caches."""
    return tuple(_cache(item) for item in _items(section, "caches", CACHE_KEYS))


def _cache(item: Section) -> Cache:
    engine = _one_of(item, "engine", CACHE_ENGINES, CACHE_ENGINES[0])
    serverless = item.flag("serverless", default=False)
    cache_id = _name(item, "id", *_CACHE_NAME)
    if cache_id and _NODE.fullmatch(cache_id) and engine != "memcached":
        mend = f"name the replication group, {cache_id[:-4]}; `nodes` says how many it has"
        item.findings.error(item.at("id"), "node-id", f"{cache_id!r} is the id of one node", mend)
    if serverless:
        for key in ("class", "nodes", "shards", "node_ids"):
            if item.has(key):
                item.findings.error(item.at(key), "one-of", f"a serverless cache has no {key!r}", "remove it")
    return Cache(
        id=cache_id,
        engine=engine,
        instance_class="" if serverless else _class(item, "cache", needs=("vcpus",)),
        nodes=item.whole("nodes", 1, low=1, high=60),
        shards=item.whole("shards", 0, low=1, high=500),
        node_ids=_node_ids(item, cache_id, engine),
        serverless=serverless,
        must_not_evict=item.flag("must_not_evict", default=False),
        max_connections=item.number("max_connections", 0, low=1, high=1_000_000),
        vcpus=item.number("vcpus", 0, low=1, high=2_048),
        watch=_watch(item, cache_kind(engine, serverless=serverless)),
    )


def cache_kind(engine: str, *, serverless: bool) -> str:
    """Returns the part of the catalogue for such a cache."""
    if serverless:
        return "elasticache-serverless"
    return "memcached" if engine == "memcached" else "elasticache"


def _node_ids(item: Section, cache_id: str, engine: str) -> tuple[str, ...]:
    ids = item.strings("node_ids")
    for value in item.list("node_ids"):
        good = value.text.isdigit() if engine == "memcached" else re.fullmatch(r".+-[0-9]{3}", value.text)
        if value.text and not (good and (engine == "memcached" or value.text.startswith(f"{cache_id}-"))):
            example = "0001" if engine == "memcached" else f"{cache_id or 'sessions'}-001"
            message = f"{value.text!r} is not the id of a node of {cache_id!r}"
            item.findings.error(value.place, "node-id", message, f"as in {example}")
    return ids


def services(section: Section) -> tuple[Service, ...]:
    """ECS services."""
    return tuple(_service(item) for item in _items(section, "services", SERVICE_KEYS))


def _service(item: Section) -> Service:
    if item.has("target_group") is not item.has("load_balancer"):
        mend = "`load_balancer: app/…` and `target_group: targetgroup/…`, the last parts of their ARNs"
        message = "'load_balancer' and 'target_group' are needed together"
        item.findings.error(item.at("target_group"), "missing-key", message, mend)
    return Service(
        id=_name(item, "id", *_ECS_NAME),
        cluster=_name(item, "cluster", *_ECS_CLUSTER),
        launch=_one_of(item, "launch", ("fargate", "ec2"), "fargate", needed=False),
        container_insights=_one_of(item, "container_insights", ("standard", "enhanced"), "", needed=False),
        ebs_volume=item.flag("ebs_volume", default=False),
        load_balancer=_name(item, "load_balancer", *_BALANCER, needed=False),
        target_group=_name(item, "target_group", *_TARGETS, needed=False),
        healthy_targets=item.whole("healthy_targets", 1, low=1, high=1_000),
        service_connect=_name(item, "service_connect", *_DISCOVERY_NAME, needed=False),
        opentelemetry=_name(item, "opentelemetry", *_OTEL_NAME, needed=False),
        log_group=_name(item, "log_group", *_LOG_GROUP, needed=False),
        watch=_watch(item, "ecs"),
    )


def load_balancers(section: Section) -> tuple[LoadBalancer, ...]:
    """Application Load Balancers."""
    return tuple(
        LoadBalancer(id=_name(item, "id", *_BALANCER), watch=_watch(item, "alb"))
        for item in _items(section, "load_balancers", LOAD_BALANCER_KEYS)
    )


def queues(section: Section) -> tuple[Queue, ...]:
    """SQS queues."""
    return tuple(
        Queue(
            id=_name(item, "id", *_QUEUE_NAME),
            dead_letter_queue=_name(item, "dead_letter_queue", *_QUEUE_NAME, needed=False),
            watch=_watch(item, "sqs"),
        )
        for item in _items(section, "queues", QUEUE_KEYS)
    )


def functions(section: Section) -> tuple[Function, ...]:
    """Lambda functions."""
    return tuple(
        Function(
            id=_name(item, "id", *_FUNCTION_NAME),
            timeout_seconds=item.number("timeout_seconds", 0, low=1, high=900),
            stream=item.flag("stream", default=False),
            watch=_watch(item, "lambda"),
        )
        for item in _items(section, "functions", FUNCTION_KEYS)
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


def _items(section: Section, key: str, known: tuple[str, ...]) -> tuple[Section, ...]:
    """The items of a list of resources, after an error for each that stands twice."""
    items = section.sections(key, known)
    first: dict[tuple[str, str], Section] = {}
    for item in items:
        identity = (item.text("cluster"), item.text("id"))
        earlier = first.setdefault(identity, item)
        if earlier is not item and item.has("id"):
            message = f"{item.text('id')!r} stands twice, first in line {earlier.place.line}"
            section.findings.error(item.at("id"), "duplicate-id", message, "remove one of the two")
    return items


def _name(item: Section, key: str, pattern: str, example: str, *, needed: bool = True) -> str:
    if not item.has(key) and not needed:
        return ""
    if not item.require(key, f"add `{key}: {example}`"):
        return ""
    text = item.string(key)
    if text and not re.fullmatch(pattern, text):
        message = f"{text!r} is not the name of such a resource"
        item.findings.error(item.at(key), "bad-value", message, f"the identifier alone, as in {example}, no whole ARN")
        return ""
    return text


def _one_of(item: Section, key: str, known: Iterable[str], default: str, *, needed: bool = True) -> str:
    if not item.has(key) and not needed:
        return default
    if not item.require(key, f"add `{key}: {default}`"):
        return default
    value = item.get(key)
    text = value.text if value else ""
    if text not in known:
        item.findings.error(item.at(key), "bad-value", f"{text!r} is not a known {key}", did_you_mean(text, known))
        return default
    return text


def _class(item: Section, prefix: str, *, needs: tuple[str, ...]) -> str:
    """`db.r6g.large`. One that the table does not have needs its numbers in the file."""
    if not item.require("class", f"add `class: {prefix}.r6g.large`: thresholds are derived from it"):
        return ""
    text = item.string("class")
    bare = text.removeprefix(f"{prefix}.")
    if text and (bare == text or (bare not in classes() and not all(item.has(key) for key in needs))):
        near = did_you_mean(text, (f"{prefix}.{name}" for name in classes()))
        numbers = " and ".join(f"`{key}: …`" for key in needs)
        message = f"the class {text!r} is not known"
        item.findings.error(item.at("class"), "unknown-class", message, f"{near or 'if it is new,'} give {numbers}")
    return text


def _needed_number(item: Section, key: str, low: float, high: float) -> float:
    if not item.require(key, f"add `{key}: …`: thresholds are derived from it"):
        return 0
    return item.number(key, 0, low=low, high=high)


def _watch(item: Section, kind: str) -> ResourceWatch:
    places = {key: item.at(key) for key in (*WATCH_KEYS, "id", "class", "storage_gb") if item.has(key)}
    for key, value in item.mapping("thresholds").items() if item.has("thresholds") else ():
        places[f"thresholds.{key}"] = value.key_place or value.place
    return ResourceWatch(
        labels=labels_of(item),
        thresholds=_thresholds(item, kind),
        anomaly=_anomaly(item, kind),
        insufficient_data=_one_of(item, "insufficient_data", ("firing",), "", needed=False) == "firing",
        runbooks=_runbooks(item, kind, places),
        stack=_name(item, "stack", *STACK, needed=False),
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
