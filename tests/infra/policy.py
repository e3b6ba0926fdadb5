"""Evaluates a resource policy of a synthesised template as IAM documents it, for a caller whose request is known.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, and for absent keys
reference_policies_elements_condition_operators.html: a condition with an absent key fails, save that of a negated
operator, which holds. An operator or an element that is not known here raises, so that no policy passes unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

ACCOUNT = "111122223333"
REGION = "eu-west-1"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """One request: `service` or `arn` is its principal, neither makes it anonymous. `iam` says whether the caller's own
    policies allow the action; `context` are further condition keys."""

    service: str = ""
    arn: str = ""
    iam: bool = False
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        return self.arn.split(":")[4] if self.arn else ""

    def keys(self) -> dict[str, str]:
        """The condition keys by lower-case name: IAM compares names without case."""
        found = dict(self.context)
        if self.service:
            found["aws:PrincipalIsAWSService"] = "true"
            found["aws:PrincipalServiceName"] = self.service
        elif self.arn:
            found = {
                "aws:PrincipalIsAWSService": "false",
                "aws:PrincipalArn": self.arn,
                "aws:PrincipalAccount": self.account,
                # What SNS takes for the owner of a request that no service makes is the caller's account.
                "AWS:SourceOwner": self.account,
                **found,
            }
        return {name.lower(): value for name, value in found.items()}


def allowed(statements: Iterable[Mapping[str, Any]], caller: Caller, *, action: str, resource: str) -> bool:
    """Return whether the caller may: no statement denies it, and one allows it, or its own policies in one account. Of
    another account both must."""
    applying = [s for s in statements if _applies(s, caller, action=action, resource=resource)]
    if any(s["Effect"] == "Deny" for s in applying):
        return False
    by_policy = any(s["Effect"] == "Allow" for s in applying)
    if caller.service or not caller.arn:
        return by_policy
    own = caller.account == resource.split(":")[4]
    return by_policy or caller.iam if own else by_policy and caller.iam


def plain(value: Any, *, names: Mapping[str, str]) -> Any:
    """Return a template's value with its intrinsic functions resolved; `names` has the ARN of each logical id."""
    if isinstance(value, list):
        return [plain(inner, names=names) for inner in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        pseudo = {"AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::Region": REGION}
        return pseudo.get(value["Ref"]) or names[value["Ref"]]
    if set(value) == {"Fn::GetAtt"}:
        assert value["Fn::GetAtt"][1] == "Arn"
        return names[value["Fn::GetAtt"][0]]
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return separator.join(plain(part, names=names) for part in parts)
    return {key: plain(inner, names=names) for key, inner in value.items()}


def _applies(statement: Mapping[str, Any], caller: Caller, *, action: str, resource: str) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    assert not unknown, f"the evaluator does not know {unknown}"
    actions, resources = _list(statement["Action"]), _list(statement["Resource"])
    return (
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in actions)
        and any(fnmatchcase(resource, pattern) for pattern in resources)
        and _is(statement["Principal"], caller)
        and all(
            _holds(operator, key, _list(values), caller.keys())
            for operator, wanted in statement.get("Condition", {}).items()
            for key, values in wanted.items()
        )
    )


def _is(principal: Any, caller: Caller) -> bool:
    if principal in ("*", {"AWS": "*"}):
        return True
    assert set(principal) <= {"Service", "AWS"}, principal
    services, accounts = _list(principal.get("Service", [])), _list(principal.get("AWS", []))
    return caller.service in services or any(
        caller.arn and account in (caller.arn, caller.account, f"arn:aws:iam::{caller.account}:root")
        for account in accounts
    )


def _holds(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    value = context.get(key.lower())
    if operator == "Null":
        return (value is None) is (values == ["true"])
    name = operator.removesuffix("IfExists")
    negated = "Not" in name
    if value is None:
        return negated or name != operator
    match name.replace("Not", ""):
        case "StringEquals":
            found = value in values
        case "Bool":
            found = value.lower() in [wanted.lower() for wanted in values]
        case "ArnEquals" | "ArnLike" | "StringLike":
            found = any(fnmatchcase(value, pattern) for pattern in values)
        case _:
            raise AssertionError(f"the evaluator does not know {operator}")
    return found is not negated


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
