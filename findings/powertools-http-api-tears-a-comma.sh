#!/usr/bin/env bash
# Package: aws-lambda-powertools 3.37.0 (PyPI)
#
# Behaviour: of an event of API Gateway's payload 2.0, resolved_query_string_parameters splits every value of
# queryStringParameters at its commas, also that of a parameter that came once. A value with a comma of its own, such as
# the matcher pod=~"a{1,2}" that amtool sends, arrives as two values. API Gateway joins repeated parameters by commas, so
# only rawQueryString keeps both cases apart.
#
# Seen: the event's raw query is filter=a%7B1%2C2%7D, one parameter; the resolver gives a list of two, "a{1" and "2}";
# urllib.parse.parse_qs of the raw query gives one, "a{1,2}".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aws-lambda-powertools==3.37.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

RAW = "filter=a%7B1%2C2%7D"
app = APIGatewayHttpResolver()
seen = []


@app.get("/alerts")
def alerts():
    seen.append(app.current_event.resolved_query_string_parameters["filter"])
    return {}


app.resolve(
    {
        "version": "2.0",
        "rawPath": "/alerts",
        "rawQueryString": RAW,
        "headers": {},
        "queryStringParameters": {"filter": "a{1,2}"},
        "requestContext": {"http": {"method": "GET", "path": "/alerts"}, "stage": "$default"},
        "isBase64Encoded": False,
    },
    None,
)
print("powertools:", seen[0])
print("parse_qs:  ", parse_qs(RAW)["filter"])
if seen[0] != ["a{1", "2}"]:
    sys.exit("changed: a value with a comma stays whole")
PYTHON
