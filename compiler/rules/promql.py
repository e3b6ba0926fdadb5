"""Parses PromQL, and derives from an expression which labels and metrics it has.

Syntax and types are those of promql-parser 0.11, which follows Prometheus 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import promql_parser as promql

from compiler.reading.finding import did_you_mean
from compiler.reading.section import keys

_UNKNOWN = re.compile(r"unknown function with name '(\w+)'")
_NAMED = re.compile(r"(?:function|name|aggregation) '(\w+)'")
FUNCTIONS = keys(
    """
    abs absent absent_over_time acos acosh asin asinh atan atanh avg_over_time ceil changes clamp clamp_max
    clamp_min cos cosh count_over_time day_of_month day_of_week day_of_year days_in_month deg delta deriv exp
    floor histogram_avg histogram_count histogram_fraction histogram_quantile histogram_stddev histogram_stdvar
    histogram_sum hour idelta increase irate label_join label_replace last_over_time ln log10 log2 max_over_time
    min_over_time minute month pi predict_linear present_over_time quantile_over_time rad rate resets round scalar
    sgn sin sinh sort sort_desc sqrt stddev_over_time stdvar_over_time sum_over_time tan tanh time timestamp
    vector year
    """
)
"""https://prometheus.io/docs/prometheus/latest/querying/functions/: for a mend, not for a verdict."""
_DEEPEST = 20
_MOST_TOKENS = 500
EXPERIMENTAL_AGGREGATIONS = ("limitk", "limit_ratio")
SET_OPERATORS = ("and", "or", "unless")


class PromQLError(ValueError):
    """An expression that is not PromQL. `offset` is where in the text the fault can be seen, `mend` what to do."""

    def __init__(self, message: str, offset: int, mend: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.mend = mend


@dataclass(frozen=True, slots=True)
class LabelNames:
    """The labels that series can have: those of `names`, and any others unless `closed`."""

    names: frozenset[str]
    closed: bool

    def may_have(self, name: str) -> bool:
        """Returns whether a series can have the label."""
        return not self.closed or name in self.names


OPEN = LabelNames(frozenset(), closed=False)
NONE = LabelNames(frozenset(), closed=True)
Recorded = Mapping[str, Sequence[LabelNames]]


def parse(text: str) -> promql.Expr:
    """Returns the expression of a rule, which is an instant vector or a scalar; raises PromQLError."""
    try:
        found = promql.parse(text)
    except ValueError as error:
        message = " ".join(str(error).split())
        named = _NAMED.search(message)
        offset = max(text.find(named[1]), 0) if named else _parsed_until(text) if "invalid promql" in message else 0
        unknown = _UNKNOWN.search(message)
        mend = did_you_mean(unknown[1], FUNCTIONS, "see Prometheus's list of functions") if unknown else _mend(message)
        raise PromQLError(message, offset, mend) from None
    kind = _no_series(found)
    if kind:
        mend = "put a function such as rate() around it" if kind != "a text" else "write an expression over series"
        raise PromQLError(f"a rule needs a series or a number, and this is {kind}", 0, mend)
    return found


def _parsed_until(text: str) -> int:
    """Returns where the longest beginning that is an expression ends, 0 where none is: the parser names no place."""
    tokens = list(re.finditer(r"\w+|\S", text))[:_MOST_TOKENS]
    for token in reversed(tokens[1:]):
        try:
            promql.parse(text[: token.start()])
        except ValueError:
            continue
        return token.start()
    return 0


def _no_series(expr: promql.Expr) -> str:
    while isinstance(expr, promql.ParenExpr):
        expr = expr.expr
    match expr:
        case promql.MatrixSelector() | promql.SubqueryExpr():
            return "a range of samples"
        case promql.StringLiteral():
            return "a text"
        case _:
            return ""


def _mend(message: str) -> str:
    if "expected type matrix" in message:
        return "give it a range, as in x[5m]"
    if "got matrix" in message or "expected type vector" in message:
        return "take the range away, or put a function such as rate() around it"
    if "set operator" in message:
        return "and, or and unless combine series: write vector(1) for a number, or compare instead"
    return "mend the expression; `promtool check rules` shows the column"


def walk(expr: promql.Expr) -> Iterator[promql.Expr]:
    """Yields the expression and all its parts."""
    yield expr
    for part in _parts(expr):
        yield from walk(part)


def _parts(expr: promql.Expr) -> Sequence[promql.Expr]:
    match expr:
        case promql.BinaryExpr():
            return (expr.lhs, expr.rhs)
        case promql.Call():
            return tuple(expr.args)
        case promql.MatrixSelector():
            return (expr.vector_selector,)
        case promql.AggregateExpr() | promql.SubqueryExpr() | promql.ParenExpr() | promql.UnaryExpr():
            return (expr.expr,)
        case _:
            return ()


def experimental(expr: promql.Expr) -> tuple[str, ...]:
    """Returns the functions and aggregations that Prometheus refuses without promql-experimental-functions."""
    parts = list(walk(expr))
    functions = [part.func.name for part in parts if isinstance(part, promql.Call) and part.func.experimental]
    operators = [str(part.op) for part in parts if isinstance(part, promql.AggregateExpr)]
    return (*functions, *(name for name in operators if name in EXPERIMENTAL_AGGREGATIONS))


def metrics(expr: promql.Expr) -> frozenset[str]:
    """Returns the names of the metrics that are read."""
    return frozenset(part.name for part in walk(expr) if isinstance(part, promql.VectorSelector) and part.name)


def label_names(expr: promql.Expr, recorded: Recorded, depth: int = 0) -> LabelNames:
    """Returns the labels that the result can have. `recorded` are those of recorded metrics, by name."""
    if depth > _DEEPEST:
        return OPEN

    def below(part: promql.Expr) -> LabelNames:
        return label_names(part, recorded, depth + 1)

    match expr:
        case promql.VectorSelector():
            return _union(recorded[expr.name]) if expr.name and expr.name in recorded else OPEN
        case promql.MatrixSelector():
            return below(expr.vector_selector)
        case promql.SubqueryExpr() | promql.ParenExpr() | promql.UnaryExpr():
            return below(expr.expr)
        case promql.AggregateExpr():
            return _aggregated(expr, below(expr.expr))
        case promql.Call():
            return _called(expr, below)
        case promql.BinaryExpr():
            return _combined(expr, below)
        case _:
            return NONE


def _aggregated(expr: promql.AggregateExpr, inner: LabelNames) -> LabelNames:
    modifier = expr.modifier
    if str(expr.op) in ("topk", "bottomk", *EXPERIMENTAL_AGGREGATIONS):
        return inner
    if modifier is None:
        return NONE
    if modifier.type == promql.AggModifierType.By:
        return LabelNames(frozenset(name for name in modifier.labels if inner.may_have(name)), closed=True)
    return LabelNames(inner.names - set(modifier.labels), closed=inner.closed)


def _called(expr: promql.Call, below: Callable[[promql.Expr], LabelNames]) -> LabelNames:
    name = expr.func.name
    series = [arg for arg in expr.args if not isinstance(arg, promql.NumberLiteral | promql.StringLiteral)]
    if not series or name in ("vector", "scalar", "time"):
        return NONE
    if name in ("absent", "absent_over_time"):
        selectors = [part for part in walk(series[-1]) if isinstance(part, promql.VectorSelector)]
        equal = [m.name for one in selectors for m in one.matchers.matchers if m.op == promql.MatchOp.Equal]
        return LabelNames(frozenset(equal), closed=True)
    inner = below(series[-1] if name.startswith(("histogram_", "quantile_")) else series[0])
    if name in ("label_replace", "label_join"):
        return LabelNames(inner.names | {_text(expr.args[1])}, closed=inner.closed)
    return LabelNames(inner.names - {"le"}, closed=inner.closed) if name == "histogram_quantile" else inner


def _text(expr: promql.Expr) -> str:
    return expr.val if isinstance(expr, promql.StringLiteral) else ""


def _combined(expr: promql.BinaryExpr, below: Callable[[promql.Expr], LabelNames]) -> LabelNames:
    left, right = below(expr.lhs), below(expr.rhs)
    if str(expr.op) in SET_OPERATORS:
        return _union((left, right)) if str(expr.op) == "or" else left
    if _is_scalar(expr.lhs):
        return right
    modifier = expr.modifier
    if modifier is None:
        return left
    added = set(modifier.group_labels or ())
    if modifier.card == promql.VectorMatchCardinality.ManyToOne:
        return LabelNames(left.names | added, closed=left.closed)
    if modifier.card == promql.VectorMatchCardinality.OneToMany:
        return LabelNames(right.names | added, closed=right.closed)
    matching = modifier.matching
    if matching is not None and matching.type == promql.LabelModifierType.Include:
        return LabelNames(frozenset(name for name in matching.labels if left.may_have(name)), closed=True)
    return left


def _is_scalar(expr: promql.Expr) -> bool:
    match expr:
        case promql.NumberLiteral():
            return True
        case promql.Call():
            return bool(expr.func.return_type == promql.ValueType.Scalar)
        case promql.ParenExpr() | promql.UnaryExpr():
            return _is_scalar(expr.expr)
        case promql.BinaryExpr():
            return _is_scalar(expr.lhs) and _is_scalar(expr.rhs)
        case _:
            return False


def _union(several: Sequence[LabelNames]) -> LabelNames:
    names: frozenset[str] = frozenset().union(*(one.names for one in several))
    return LabelNames(names, closed=all(one.closed for one in several))
