"""Checks the new versions of the functions before CodeDeploy gives them traffic: the composition root of the hook."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from alertrelay.aws.clients import PATIENT, clients
from alertrelay.aws.deployment import invoke, report
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.self_test import PASSED, SELF_TEST


def check_versions(event: Any, context: Any) -> None:
    """Handles the BeforeAllowTraffic event of CodeDeploy: invokes every new version with the self-test, and reports.

    All versions are checked for each function's deployment: they share their code and configuration, so what is wrong
    with one holds all of them back. Raises where CodeDeploy does not take the report; it then waits for an hour, and
    rolls back.
    """
    observer = Observer(
        service=os.environ.get("POWERTOOLS_SERVICE_NAME", "pre-traffic"),
        level=os.environ.get("POWERTOOLS_LOG_LEVEL", ""),
        namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "alertrelay"),
        also=None,
    )
    observer.begin(context)
    region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
    aws = clients(os.environ.get("AWS_ENDPOINT_URL"), region=region, config=PATIENT)
    versions: Sequence[str] = json.loads(os.environ["ALERTRELAY_VERSIONS"])
    passed = [_passes(aws.lambda_(), version, observer) for version in versions]
    status = "Succeeded" if passed and all(passed) else "Failed"
    report(aws.codedeploy(), event, status=status)
    observer.log("versions_checked", status=status, versions=len(versions))


def _passes(client: Any, version: str, observer: Observer) -> bool:
    try:
        answer = invoke(client, version, SELF_TEST)
    except Exception as error:  # noqa: BLE001 - a version that cannot be asked has not passed, and CodeDeploy must hear it
        observer.failed("version_not_checked", error)
        return False
    passed = isinstance(answer, dict) and answer.get("self_test") == PASSED
    if passed:
        observer.log("version_passed", version=version)
    else:
        observer.log("version_refused", version=version, answer=answer)
    return passed
