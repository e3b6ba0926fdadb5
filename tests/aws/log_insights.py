"""CloudWatch Logs Insights in memory, for tests: what it is asked and answers is valid by botocore's service model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

_MODEL: Any = botocore.session.get_session().get_service_model("logs")


@dataclass
class Insights:
    """`lines` by when they were received. `fails` are error codes or states that the next calls answer with; `polls`
    says how often a query is Running before it is Complete. An answer holds `most` rows."""

    lines: Sequence[tuple[datetime, str]]
    most: int = 10_000
    polls: int = 1
    fails: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    _polled: int = 0

    def start_query(self, **request: Any) -> dict[str, Any]:
        self._check("StartQuery", request)
        self._fail("StartQuery")
        self.asked.append(request)
        self._polled = 0
        return {"queryId": str(len(self.asked))}

    def get_query_results(self, **request: Any) -> dict[str, Any]:
        self._check("GetQueryResults", request)
        self._fail("GetQueryResults")
        if self.fails and self.fails[0] in _MODEL.shape_for("QueryStatus").enum:
            return self._valid({"status": self.fails.pop(0), "results": []})
        self._polled += 1
        if self._polled <= self.polls:
            return self._valid({"status": "Running", "results": []})
        query = self.asked[int(request["queryId"]) - 1]
        found = [one for one in self.lines if query["startTime"] <= int(one[0].timestamp()) <= query["endTime"]]
        rows = [
            [
                {
                    "field": "@timestamp",
                    "value": f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3],
                },
                {"field": "@message", "value": text},
                {"field": "@ptr", "value": "p"},
            ]
            for at, text in found[: self.most]
        ]
        return self._valid({"status": "Complete", "results": rows})

    def _fail(self, operation: str) -> None:
        if self.fails and self.fails[0] not in _MODEL.shape_for("QueryStatus").enum:
            raise ClientError({"Error": {"Code": self.fails.pop(0), "Message": ""}}, operation)

    def _check(self, operation: str, request: dict[str, Any]) -> None:
        validate_parameters(request, _MODEL.operation_model(operation).input_shape)

    def _valid(self, answer: dict[str, Any]) -> dict[str, Any]:
        validate_parameters(answer, _MODEL.operation_model("GetQueryResults").output_shape)
        return answer
