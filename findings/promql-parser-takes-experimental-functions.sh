#!/usr/bin/env bash
# Package: promql-parser 0.11.0 (PyPI)
#
# Behaviour: parse() takes functions that Prometheus refuses to load in a rule unless it runs with
# --enable-feature=promql-experimental-functions, such as mad_over_time and sort_by_label, and the aggregations limitk
# and limit_ratio. A rule file that this parser finds valid may thus keep a Prometheus from starting. The function's
# node says `experimental`; an aggregation's node says nothing.
#
# Seen: mad_over_time, sort_by_label and limitk are parsed without an error; the first two have experimental true, rate
# has it false, and the node of limitk has no such attribute.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check promql-parser==0.11.0

"$folder/venv/bin/python" - <<'PYTHON'
import promql_parser

expected = {"mad_over_time(x[5m])": True, 'sort_by_label(x, "a")': True, "rate(x[5m])": False}
seen = {query: promql_parser.parse(query).func.experimental for query in expected}
for query, experimental in seen.items():
    print(f"{query}: parsed, experimental {experimental}")
limitk = promql_parser.parse("limitk(3, x)")
print(f"limitk(3, x): parsed, says experimental: {hasattr(limitk, 'experimental')}")
raise SystemExit(seen != expected or hasattr(limitk, "experimental"))
PYTHON
