"""The synthesised template, deployed to the emulated AWS: what `cdk deploy` makes, as far as a run needs it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from alertrelay.channels.email import EmailSettings
from alertrelay.config.model import Config

from local.stack.emulator import Emulator
from local.stack.functions import (
    ARRIVALS,
    AUDITOR,
    SCORER,
    SLO,
    DeployedFunction,
    QueuedFunction,
    ScheduledFunction,
    companion_of,
    create_aliases,
    functions_of,
    handled_by,
    without_alias,
)
from local.stack.named_topics import make_named_topics
from local.stack.shipped import config_of, fake_secrets
from local.stack.template import prepare, secrets_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """`functions` are the forwarders; `scorer` is None where the environment watches no metric, `slo` where it has no
    objective, `auditor` where it has no audit, `companion` where delivery.yml has nothing that accompanies messages.
    `topics` are the ARNs of those that forwarders listen to, by name; `queues` are all of the template's, by name;
    `outputs` are those of the stack; `secrets` holds every value that may be shown nowhere."""

    functions: tuple[DeployedFunction, ...]
    scorer: ScheduledFunction | None
    slo: ScheduledFunction | None
    auditor: ScheduledFunction | None
    companion: QueuedFunction | None
    topics: Mapping[str, str]
    queues: Mapping[str, str]
    outputs: Mapping[str, str]
    table: str
    secret_arn: str
    secrets: Mapping[str, str]
    config: Config


_LEFT_OUT = (
    "Lambda::Alias",
    "Lambda::EventInvokeConfig",
    "Lambda::EventSourceMapping",
    "SNS::Subscription",
    "SNS::TopicPolicy",
)
"""Kinds that the emulator does not make of a template: they are made here."""


def deploy(emulator: Emulator, template: Path, *, table: str = "", secret: str = "", bucket: str = "") -> Deployed:
    """Creates the stack. `table`, `secret` and `bucket` are names in place of made up ones. Raises what moto raises
    where the template asks for what it does not know."""
    content = json.loads(template.read_text(encoding="utf-8"))
    _name_resources(content, table=table, bucket=bucket)
    code = _code_folders(content, template.parent)
    config = config_of(template)
    secrets = fake_secrets(config)
    arns = _create_secrets(emulator, secrets_of(content), json.dumps(secrets), secret)
    prepared = prepare(content, secrets=arns)
    _put_assets(emulator, content)
    outputs = _create_stack(emulator, f"alertrelay-{config.environment}", prepared.body)
    left_out = {kind: list(prepared.resources(f"AWS::{kind}", outputs)) for kind in _LEFT_OUT}
    aliases = create_aliases(emulator, left_out["Lambda::Alias"])
    queues = _queues(emulator)
    functions, scheduled = functions_of(emulator, left_out, queues, code, aliases)
    verify_senders(emulator, config)
    make_named_topics(config)
    emulator.mend_key_policies()
    _put_policies(emulator, left_out["SNS::TopicPolicy"])
    topics = _subscribe(emulator, left_out["SNS::Subscription"], {f.arn: f for f in functions})
    return Deployed(
        functions=functions,
        scorer=handled_by(SCORER, scheduled),
        slo=handled_by(SLO, scheduled),
        auditor=handled_by(AUDITOR, without_alias(emulator, code)),
        companion=companion_of(emulator, code, left_out["Lambda::EventSourceMapping"], queues),
        topics=topics,
        queues=queues,
        outputs=outputs,
        table=functions[0].environment["ALERTRELAY_TABLE"],
        secret_arn=next(iter(arns.values())),
        secrets=secrets,
        config=config,
    )


def _name_resources(content: Mapping[str, Any], *, table: str, bucket: str) -> None:
    for resource in content["Resources"].values():
        if table and resource["Type"] == "AWS::DynamoDB::Table":
            resource["Properties"]["TableName"] = table
        if bucket and resource["Type"] == "AWS::S3::Bucket":
            resource["Properties"]["BucketName"] = bucket


def _create_secrets(emulator: Emulator, names: Iterable[str], value: str, called: str) -> dict[str, str]:
    manager = emulator.client("secretsmanager")
    return {name: manager.create_secret(Name=called or name, SecretString=value)["ARN"] for name in names}


def verify_senders(emulator: Emulator, config: Config) -> None:
    """Verifies the senders, as a person does once in SES's console: without it SES takes no mail from them."""
    ses = emulator.client("sesv2")
    settings = (target.settings for receiver in config.receivers for target in receiver.targets)
    for sender in {one.sender for one in settings if isinstance(one, EmailSettings) and one.transport == "ses"}:
        ses.create_email_identity(EmailIdentity=parseaddr(sender)[1])


def _code_folders(template: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Where the code of each function lies, by function name: sam finds it by the same metadata."""
    return {
        r["Properties"]["FunctionName"]: (folder / r["Metadata"]["aws:asset:path"]).resolve()
        for r in template["Resources"].values()
        if r["Type"] == "AWS::Lambda::Function"
    }


def _put_assets(emulator: Emulator, template: Mapping[str, Any]) -> None:
    """An empty archive wherever the template looks for one: nothing runs from there."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("empty", "")
    s3, account = emulator.client("s3"), emulator.client("sts").get_caller_identity()["Account"]
    buckets = set()
    for resource in template["Resources"].values():
        where = resource.get("Properties", {}).get("Code") or resource.get("Properties", {}).get("Content") or {}
        if "S3Bucket" not in where:
            continue
        bucket = where["S3Bucket"]
        name = bucket if isinstance(bucket, str) else bucket["Fn::Sub"].replace("${AWS::AccountId}", account)
        name = name.replace("${AWS::Region}", emulator.region)
        if name not in buckets:
            buckets.add(name)
            s3.create_bucket(Bucket=name, **_where(emulator.region))
        s3.put_object(Bucket=name, Key=where["S3Key"], Body=buffer.getvalue())


def _where(region: str) -> dict[str, Any]:
    return {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}


def _create_stack(emulator: Emulator, name: str, body: Mapping[str, Any]) -> dict[str, str]:
    formation = emulator.client("cloudformation")
    formation.create_stack(StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"])
    stack = formation.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _queues(emulator: Emulator) -> dict[str, str]:
    return {url.rpartition("/")[2]: url for url in emulator.client("sqs").list_queues().get("QueueUrls", [])}


def _put_policies(emulator: Emulator, policies: Iterable[Mapping[str, Any]]) -> None:
    """moto enforces none, but `alertrelay check --live` reads them."""
    for policy in policies:
        for arn in policy["Topics"]:
            document = json.dumps(policy["PolicyDocument"])
            emulator.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)


def _subscribe(
    emulator: Emulator, subscriptions: Iterable[Mapping[str, Any]], by_arn: Mapping[str, DeployedFunction]
) -> dict[str, str]:
    """The function's inbox in place of each subscription of a function, or of the queue that it takes batches of;
    people's addresses as they are."""
    sns, topics = emulator.client("sns"), {}
    by_queue = {f"{function.name}{ARRIVALS}": function for function in by_arn.values()}
    for wanted in subscriptions:
        arn, endpoint = wanted["TopicArn"], wanted["Endpoint"]
        function = by_arn.get(endpoint) or by_queue.get(endpoint.rpartition(":")[2])
        if function:
            topics[arn.rpartition(":")[2]] = arn
            queue = function.inbox_url.rsplit("/", 2)
            inbox = ":".join(["arn:aws:sqs", emulator.region, *queue[1:]])
            sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=inbox)
        else:
            sns.subscribe(TopicArn=arn, Protocol=wanted["Protocol"], Endpoint=endpoint)
    return topics
