"""`alertrelay check --env X --live`: what is wrong with a deployed environment that no file can show.

Reads only, with the credentials of the user; no value of the secret leaves this module.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from alertrelay.config.model import Config
from alertrelay.intake.slack.presses import slack_settings
from alertrelay.intake.slack.signature import KEY as SIGNING_KEY
from alertrelay.intake.tokens import KEYS as TOKEN_KEYS

from cli.cloud import UNREADABLE, Client, CloudUnreadable, DeployedStack, config_hashes, stack_of, unreadable
from cli.live_sms import sms
from cli.probes.secret import UnreadSecret, Values
from compiler.reading.finding import Finding, Severity

ALERT_TOPICS = ("Critical", "Warning", "Info", "SloViolations", "Infrastructure")
DEAD_LETTERS = ("-undelivered", "-failed", "-expired")
PUBLISHER = "cloudwatch.amazonaws.com"
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
AWS_MANAGED = "alias/aws/sns"
_BROKEN = ("FAILED", "ROLLBACK", "DELETE")

Check = Callable[[Config, DeployedStack, Client], Iterator[Finding]]


def examine(config: Config, client: Client) -> tuple[Finding, ...]:
    """Every finding, each part of the stack on its own: what may not be read hides nothing else. Never raises."""
    place = f"alertrelay-{config.environment}"
    try:
        deployed = stack_of(config.environment, client)
    except CloudUnreadable as error:
        return (_finding(place, "", "error", "unreadable", str(error)),)
    if deployed is None:
        mend = f"npx cdk deploy '{config.environment}/*', or set AWS_PROFILE to the account where it is"
        return (_finding(place, "", "error", "not-deployed", f"there is no stack {place} in this account", mend),)
    found = list(_stack(deployed))
    for check in (_functions, _secret, _topics, _people, sms, _dead_letters):
        try:
            found += check(config, deployed, client)
        except CloudUnreadable as error:
            found.append(_finding(deployed.stack, "", "error", "unreadable", str(error)))
        except UNREADABLE as error:
            what = check.__name__.strip("_").replace("_", " ")
            found.append(_finding(deployed.stack, "", "error", "unreadable", str(unreadable(what, error))))
    return tuple(found)


def _finding(stack: str, key: str, severity: Severity, code: str, message: str, mend: str = "") -> Finding:
    """`file` is the stack, `key` the resource in it."""
    return Finding(file=stack, line=0, column=0, key=key, severity=severity, code=code, message=message, mend=mend)


def _stack(deployed: DeployedStack) -> Iterator[Finding]:
    if any(word in deployed.status for word in _BROKEN) and deployed.status != "UPDATE_ROLLBACK_COMPLETE":
        message = f"the stack is {deployed.status}"
        yield _finding(deployed.stack, "", "error", "stack-broken", message, "look at its events, then deploy again")
    elif deployed.status == "UPDATE_ROLLBACK_COMPLETE":
        message = "the last deploy failed and was rolled back: what runs is the one before"
        yield _finding(deployed.stack, "", "warning", "rolled-back", message, "look at its events, then deploy again")


def _functions(config: Config, deployed: DeployedStack, client: Client) -> Iterator[Finding]:
    """A function whose configuration is not that of the files obeys another one."""
    for name, value in config_hashes(deployed, client).items():
        if value != config.hash:
            mend = f"npx cdk deploy '{config.environment}/*', or check out the commit that is deployed"
            message = f"{name} runs with another configuration than these files"
            yield _finding(deployed.stack, name, "warning", "configuration-differs", message, mend)


def _secret(config: Config, deployed: DeployedStack, client: Client) -> Iterator[Finding]:
    """Keys by name; values are never shown."""
    arn = deployed.outputs["SecretArn"]
    mend = f"aws secretsmanager put-secret-value --secret-id {arn} --secret-string file://keys.json"
    keys = _keys(deployed, client)
    if keys is None:
        message = "the secret is not a JSON object of keys, so nothing of it can be used"
        yield _finding(deployed.stack, "SecretArn", "error", "secret-not-json", message, mend)
        return
    for name in config.secret_keys():
        value = keys.get(name)
        if not (isinstance(value, str) and value.strip()):
            what = "lacks" if value is None else "has no text in"
            users = ", ".join(_users(config, name))
            message = f"the secret {what} the key {name}: {users} cannot be notified"
            yield _finding(deployed.stack, name, "error", "secret-key-missing", message, mend)
    if "IntakeUrl" in deployed.outputs and not any(isinstance(keys.get(name), str) for name in TOKEN_KEYS.values()):
        message = "the secret has no token of the intake: every post is answered 503"
        yield _finding(deployed.stack, TOKEN_KEYS["push"], "error", "intake-without-tokens", message, mend)
    slack = slack_settings(config) if "IntakeUrl" in deployed.outputs else None
    if slack and slack.buttons and not str(keys.get(SIGNING_KEY) or "").strip():
        message = f"messages in Slack have buttons, and the secret has no {SIGNING_KEY}: every press is refused"
        yield _finding(deployed.stack, SIGNING_KEY, "error", "buttons-without-secret", message, mend)
    if slack and slack.mode == "bot" and not slack.buttons and str(keys.get(SIGNING_KEY) or "").strip():
        message = f"the secret has {SIGNING_KEY}, and messages in Slack have no buttons"
        hint = "`slack: {buttons: true}` in delivery.yml, if the app has interactivity: docs/slack.md"
        yield _finding(deployed.stack, SIGNING_KEY, "info", "no-buttons", message, hint)


def _keys(deployed: DeployedStack, client: Client) -> Mapping[str, Any] | None:
    """Returns the secret's keys, None where it is not a JSON object."""
    text = client("secretsmanager").get_secret_value(SecretId=deployed.outputs["SecretArn"]).get("SecretString", "")
    try:
        keys = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return keys if isinstance(keys, dict) else None


def deployed_values(environment: str, client: Client) -> tuple[str, Values]:
    """Returns the address of the intake, "" where there is none, and the values of the secret by key: for tries that
    need them, and never to be shown. Where they cannot be read, each try that asks for one says why."""
    intake, mend = "", "mend what is said of the stack, and check again"
    try:
        deployed = stack_of(environment, client)
        if deployed is None:
            return intake, UnreadSecret(f"there is no stack alertrelay-{environment}, so no secret", mend)
        intake = deployed.outputs.get("IntakeUrl", "")
        keys = _keys(deployed, client)
    except CloudUnreadable as error:
        return intake, UnreadSecret(str(error), mend)
    except UNREADABLE as error:
        return intake, UnreadSecret(str(unreadable("the secret", error)), mend)
    if keys is None:
        return intake, UnreadSecret("the secret is not a JSON object of keys", mend)
    return intake, {name: value for name, value in keys.items() if isinstance(value, str)}


def _users(config: Config, key: str) -> list[str]:
    fields = ("routing_key", "key", "password", "url_key")
    return [
        receiver.name
        for receiver in config.receivers
        if any(getattr(target.settings, field, "") == key for target in receiver.targets for field in fields)
    ]


def _topics(_config: Config, deployed: DeployedStack, client: Client) -> Iterator[Finding]:
    """CloudWatch must be allowed to publish to each alert topic, and to use its key; else alarms vanish in silence."""
    sns, keys = client("sns"), dict[str, list[str]]()
    for output in ALERT_TOPICS:
        arn = deployed.outputs[f"Topic{output}"]
        name, account = arn.rpartition(":")[2], arn.split(":")[4]
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        if not _allows(_policy(attributes.get("Policy")), "sns:Publish", account, arn):
            message = f"the policy of {name} does not let CloudWatch publish: alarms vanish there"
            yield _finding(
                deployed.stack, name, "error", "topic-closed", message, "deploy again: the policy was changed"
            )
        if not list(_subscriptions(sns, arn)):
            message = f"nobody is subscribed to {name}: what is published there is lost"
            yield _finding(deployed.stack, name, "error", "topic-unheard", message, "deploy again")
        if key := attributes.get("KmsMasterKeyId", ""):
            keys.setdefault(key, []).append(name)
    for key, names in keys.items():
        yield from _key(deployed, client, key, names)


def _key(deployed: DeployedStack, client: Client, key: str, topics: list[str]) -> Iterator[Finding]:
    shown = ", ".join(topics)
    if key.endswith(AWS_MANAGED):
        message = f"{shown}: encrypted with the key of AWS ({AWS_MANAGED}), which CloudWatch cannot use"
        yield _finding(
            deployed.stack, key, "error", "topic-key", message, "deploy again: the stack has a key of its own"
        )
        return
    kms = client("kms")
    account = deployed.outputs["TopicCritical"].split(":")[4]
    state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        message = f"{shown}: the topics' key is {state}, so nothing can be published"
        yield _finding(deployed.stack, key, "error", "topic-key", message, f"aws kms enable-key --key-id {key}")
    policy = _policy(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    if not all(_allows(policy, action, account, "") for action in KEY_ACTIONS):
        message = f"{shown}: the key's policy does not let CloudWatch use it, so alarms vanish"
        yield _finding(deployed.stack, key, "error", "topic-key", message, "deploy again: the policy was changed")


def _people(_config: Config, deployed: DeployedStack, client: Client) -> Iterator[Finding]:
    """Addresses that have not confirmed hear nothing, and a topic for people without any is a hole."""
    sns = client("sns")
    for output, severity in (("Ops", "warning"), ("LastResort", "error")):
        arn = deployed.outputs[f"Topic{output}"]
        name = arn.rpartition(":")[2]
        found = list(_subscriptions(sns, arn))
        for each in found:
            if not each["SubscriptionArn"].startswith("arn:"):
                message = f"{each['Endpoint']} has not confirmed its subscription to {name}: it hears nothing"
                mend = "open the link in SNS's mail; it expires after two days: deploy or subscribe again for a new one"
                yield _finding(deployed.stack, name, "error", "unconfirmed", message, mend)
        if not found:
            message = f"nobody is subscribed to {name}"
            mend = "ops_email of the environment's file" if output == "Ops" else "last_resort of config/delivery.yml"
            yield _finding(
                deployed.stack, name, _severity(severity), "topic-unheard", message, f"add {mend} and deploy"
            )


def _severity(word: str) -> Severity:
    return "error" if word == "error" else "warning"


def _dead_letters(config: Config, deployed: DeployedStack, client: Client) -> Iterator[Finding]:
    """What lies in a dead-letter queue is an alert that a person has to see to."""
    sqs = client("sqs")
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=f"alertrelay-{config.environment}-")
    for url in (url for page in pages for url in page.get("QueueUrls", ())):
        name = url.rpartition("/")[2]
        if not name.endswith(DEAD_LETTERS):
            continue
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
        number = sum(int(counts.get(key, 0)) for key in wanted)
        if number:
            message = f"{number} message{'s' if number > 1 else ''} in {name}: alerts that were not notified in time"
            mend = "docs/operations.md, 'A message in a dead-letter queue', explains how to send it again"
            yield _finding(deployed.stack, name, "error", "dead-letters", message, mend)


def _subscriptions(sns: Any, arn: str) -> Iterator[Mapping[str, str]]:
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn):
        yield from page["Subscriptions"]


def _policy(text: str | None) -> list[Mapping[str, Any]]:
    """The statements of a policy; none where it is absent or unreadable."""
    try:
        statements = json.loads(text or "{}").get("Statement", [])
    except (ValueError, AttributeError):
        return []
    return [s for s in (statements if isinstance(statements, list) else [statements]) if isinstance(s, dict)]


def _allows(policy: list[Mapping[str, Any]], action: str, account: str, resource: str) -> bool:
    """Returns whether CloudWatch may do `action` for the alarms of `account`: what its statements say, without IAM's
    finer points. A denial counts only where it has no condition, as the one against plain HTTP has."""
    own = [s for s in policy if _names(s.get("Principal"), PUBLISHER) and _covers(s, action)]
    own = [s for s in own if not resource or any(r in ("*", resource) for r in _list(s.get("Resource", "*")))]
    denied = any(s.get("Effect") == "Deny" and not s.get("Condition") for s in own)
    return not denied and any(s.get("Effect") == "Allow" and _for_account(s, account) for s in own)


def _names(principal: object, service: str) -> bool:
    if principal == "*":
        return True
    named = principal if isinstance(principal, dict) else {}
    return service in _list(named.get("Service")) or "*" in _list(named.get("AWS"))


def _covers(statement: Mapping[str, Any], action: str) -> bool:
    wanted = action.lower()
    for word in map(str.lower, _list(statement.get("Action"))):
        if word == wanted or (word.endswith("*") and wanted.startswith(word[:-1])):
            return True
    return False


def _for_account(statement: Mapping[str, Any], account: str) -> bool:
    """A condition on the source's account has to name ours; a statement for another kind of caller does not count."""
    conditions = {
        key.lower(): _list(value)
        for tests in (statement.get("Condition") or {}).values()
        for key, value in tests.items()
    }
    accounts = conditions.pop("aws:sourceaccount", [account])
    return not conditions and account in accounts


def _list(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [] if value is None else [str(value)]
