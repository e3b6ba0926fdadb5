"""The runbook of SSM Automation that an alert names: its document, its parameters, and the console's page for a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from alertrelay.values.arn import console

ANNOTATION, PARAMETERS = "automation", "automation_parameters"
"""Annotations of an alert: `AWS-RestartEC2Instance`, and `InstanceId=i-0abc, Wait=true`."""
DOCUMENT = re.compile(r"[A-Za-z0-9_.-]{3,128}")
"""A name as StartAutomationExecution takes it; one that is shared, by ARN, is not offered."""
_PAIR = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]{0,49})\s*=\s*([^,]{1,500}?)\s*(?:,|$)")


def parameters_of(annotations: Mapping[str, str]) -> dict[str, str]:
    """Returns the parameters that an alert gives its document; `AutomationAssumeRole` is not an alert's to choose."""
    found = dict(_PAIR.findall(annotations.get(PARAMETERS, "")))
    found.pop("AutomationAssumeRole", None)
    return found


def execution_page(region: str, document: str, parameters: Mapping[str, str]) -> str:
    """Returns the console's page on which a person starts the document, "" where there is none. The path is that of the
    links "Run this Automation" of AWS's runbook reference; the parameters in the fragment are not documented, so a
    message names them too."""
    base = console(region)
    if not base or not DOCUMENT.fullmatch(document):
        return ""
    page = f"{base}/systems-manager/automation/execute/{quote(document, safe='')}?region={region}"
    return f"{page}#{urlencode(parameters)}" if parameters else page
