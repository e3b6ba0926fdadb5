"""Names what is left over from the example configuration: addresses that nobody has, and resources that do not exist.

An alarm on a database that is not there fires for missing data, and a mail to example.com reaches nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from compiler.reading.finding import Findings
from compiler.reading.yamlfile import Value

CODE = "placeholder"
VARIABLE = "ALERTRELAY_ALLOW_PLACEHOLDERS"
"""Set, an example value is no fault: for the local stack, and for who really has a resource of such a name."""

_TEXT = re.compile(
    r"(^|[@/.\s])example\.(com|org|net)\b"  # RFC 2606
    r"|\.(example|invalid)\b"
    r"|^\+1[2-9][0-9]{2}55501[0-9]{2}$"  # reserved for fiction
    r"|\b(123456789012|111122223333|444455556666)\b"  # the accounts of AWS's documentation
    r"|\b(50dc6c495c0c9188|73e2d6bc24d8a067|943f017f100becff|0123456789abcdef)$",
    re.IGNORECASE,
)
"""In any value: what stands for something else by agreement, and the ids of the example's load balancers."""

RESOURCES = frozenset(
    {
        ("databases", "orders-db", "postgres"),
        ("databases", "billing-db", "mysql"),
        ("clusters", "catalog", "aurora-mysql"),
        ("caches", "sessions", "valkey"),
        ("services", "checkout", "main"),
        ("services", "payments", "main"),
        ("services", "web", "main"),
        ("queues", "orders", "orders-dead"),
        ("queues", "invoices", "invoices-dead"),
        ("watch", "orders-placed", "Shop"),
        ("watch", "order-functions-duration", "AWS/Lambda"),
    }
)
"""The example's own: the list, the id, and one property more, since anybody may have a queue `orders`."""
_SECRET = re.compile(r".*(password|secret|token|key|credentials)")
_SECOND = ("engine", "cluster", "dead_letter_queue", "namespace")


def name_placeholders(root: Value, findings: Findings) -> None:
    """Add a warning for each example value in a file."""
    for value, why in (*_texts(root), *_resources(root)):
        message = f"{_shown(value.text)!r} is left over from the example: {why}"
        findings.warning(value.place, "placeholder", message, "write your own, or remove it")


def _texts(value: Value) -> Iterator[tuple[Value, str]]:
    if isinstance(value.data, Mapping):
        for key, item in value.data.items():
            if not _SECRET.fullmatch(key):
                yield from _texts(item)
    elif isinstance(value.data, tuple):
        for item in value.data:
            yield from _texts(item)
    elif _TEXT.search(value.text):
        yield value, "nothing real has it"


def _shown(text: str) -> str:
    """Return what may be printed: of a web address the host, since the rest of a webhook's is a secret."""
    return urlsplit(text).hostname or "" if "://" in text else text


def _resources(root: Value) -> Iterator[tuple[Value, str]]:
    if not isinstance(root.data, Mapping):
        return
    for kind, value in root.data.items():
        for item in value.data if isinstance(value.data, tuple) else ():
            if isinstance(item.data, Mapping) and (kind, *_identity(item.data)) in RESOURCES:
                yield _named(item.data), f"its entry under {kind}"


def _named(item: Mapping[str, Value]) -> Value:
    return item["id"] if "id" in item else item["name"]


def _identity(item: Mapping[str, Value]) -> tuple[str, str]:
    first = item.get("id") or item.get("name")
    second = next((item[key] for key in _SECOND if key in item), None)
    return first.text if first else "", second.text if second else ""
