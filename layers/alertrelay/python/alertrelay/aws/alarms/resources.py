"""Asks whether the resource that an alarm watches was deleted, for the kinds whose service says so for certain.

A service that answers "not found" for what a role may not see is not among them (SQS). Errors: the API reference of
each, DescribeDBInstances (DBInstanceNotFound), DescribeDBClusters (DBClusterNotFoundFault), DescribeTable and
GetFunctionConfiguration (ResourceNotFoundException), DescribeCacheClusters (CacheClusterNotFound), DescribeInstances
(InvalidInstanceID.NotFound).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from alertrelay.aws.errors import code, failures


class _Question(NamedTuple):
    """How a service is asked for one resource, and its code for one that does not exist."""

    service: str
    operation: str
    parameter: str
    not_found: str
    many: bool = False


_QUESTIONS: Mapping[tuple[str, str], _Question] = {
    ("AWS/RDS", "DBInstanceIdentifier"): _Question(
        "rds", "describe_db_instances", "DBInstanceIdentifier", "DBInstanceNotFound"
    ),
    ("AWS/RDS", "DBClusterIdentifier"): _Question(
        "rds", "describe_db_clusters", "DBClusterIdentifier", "DBClusterNotFoundFault"
    ),
    ("AWS/DynamoDB", "TableName"): _Question("dynamodb", "describe_table", "TableName", "ResourceNotFoundException"),
    ("AWS/Lambda", "FunctionName"): _Question(
        "lambda", "get_function_configuration", "FunctionName", "ResourceNotFoundException"
    ),
    ("AWS/ElastiCache", "CacheClusterId"): _Question(
        "elasticache", "describe_cache_clusters", "CacheClusterId", "CacheClusterNotFound"
    ),
    ("AWS/EC2", "InstanceId"): _Question(
        "ec2", "describe_instances", "InstanceIds", "InvalidInstanceID.NotFound", many=True
    ),
}
"""By the namespace and the dimension of an alarm on one metric."""


def deleted_resource(alarm: Mapping[str, Any], client_of: Callable[[str], Any]) -> str:
    """Returns which resource of an alarm its service does not know any more, as "DBInstanceIdentifier orders"; "" where
    it is there, of another kind, or not known: the role may not ask, or no answer came. `client_of` makes the client of
    a service, and may raise what one raises."""
    for dimension in alarm.get("Dimensions", ()):
        name, value = str(dimension.get("Name", "")), str(dimension.get("Value", ""))
        question = _QUESTIONS.get((str(alarm.get("Namespace", "")), name))
        if question and _not_found(question, value, client_of):
            return f"{name} {value}"
    return ""


def _not_found(question: _Question, value: str, client_of: Callable[[str], Any]) -> bool:
    try:
        ask = getattr(client_of(question.service), question.operation)
        ask(**{question.parameter: [value] if question.many else value})
    except failures() as error:
        return code(error) == question.not_found
    return False
