"""S3, AWS Backup, Glacier: by EventBridge and by SNS.

Source: Amazon S3 user guide, "Event message structure"; AWS Backup developer guide, "Notifications".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote, unquote_plus

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, Row, guessed, page, routine
from alertrelay.sources.awsevent.news import folded, is_bad
from alertrelay.sources.awsevent.sentences import outcome_word
from alertrelay.sources.awsevent.vocabulary import NAMESPACES
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn


def _backup(noun: str, *name: str) -> Row:
    return Row(
        noun=f"Backup {noun}",
        name=(*name, "resourceArn", "sourceArn", "backupVaultName", "copyJobId", "restoreJobId", "backupJobId"),
        state=("state", "status", "eventType"),
        reason=("statusMessage", "message"),
        labels={"backup_vault": "backupVaultName", "resource_type": "resourceType"},
        link="/backup/home?region={region}#/jobs/backup",
    )


def is_storage(fields: Fields) -> bool:
    """S3's records, or the test that S3 sends when a notification is set up."""
    if fields.text("Event") == "s3:TestEvent":
        return True
    return any(record.text("eventSource") == "aws:s3" or record.has("s3") for record in fields.each("Records"))


def read_storage(fields: Fields, _: Arrival) -> Iterator[AlertDraft]:
    """Reads one event a record; an object that was lost or whose copy failed is a warning, all else is information."""
    for record in fields.each("Records"):
        bucket, key = record.text("s3.bucket.name"), unquote_plus(record.text("s3.object.key"))
        what = record.text("eventName").removeprefix("s3:")
        region = record.text("awsRegion")
        size = record.text("s3.object.size")
        held = f", {size} {'byte' if size == '1' else 'bytes'}" if size else ""
        yield AlertDraft(
            alertname=f"S3{outcome_word(what)}",
            summary=f"S3 {what or 'event'}: {bucket}/{key}{held}",
            guess="warning" if is_bad(what) or re.search(r"missed|notreplicated|nottracked", folded(what)) else "info",
            identity="s3:"
            + "/".join([what, bucket, key, record.text("s3.object.sequencer") or record.text("eventTime")]),
            labels={"aws_service": "s3", "namespace": NAMESPACES["s3"], "resource": bucket, "BucketName": bucket},
            description=record.lines(),
            link=f"https://s3.console.aws.amazon.com/s3/object/{quote(bucket)}?prefix={quote(key, safe='')}",
            region=region,
            at=record.at("eventTime"),
        )
    if not fields.has("Records"):
        bucket = fields.text("Bucket")
        yield AlertDraft(
            alertname="S3TestEvent",
            summary=f"S3 test event: bucket {bucket} may now send its notifications here",
            severity="info",
            labels={"aws_service": "s3", "namespace": NAMESPACES["s3"], "resource": bucket, "BucketName": bucket},
            description=fields.lines(),
            at=fields.at("Time"),
        )


_JOB = re.compile(r"An AWS (?P<kind>Backup|Copy|Restore|Report|Scan)\s?(?P<rest>job)?", re.IGNORECASE)
_OUTCOME = re.compile(
    r"(?P<word>failed to complete in time|completed successfully|was completed but was failed|failed|aborted|expired|"
    r"stopped|completed|started|was created|modified|deleted|running)",
    re.IGNORECASE,
)
_WELL = re.compile(r"\b(completed|successfully|started|created|running|modified)\b", re.IGNORECASE)
_NAMED = re.compile(
    r"(?P<key>Resource ARN|Recovery point ARN|Backup\s?Job ID|Copy Job ID|Restore\s?Job ID)\s*:\s*(?P<value>\S+)", re.I
)


def is_backup_text(text: str) -> bool:
    """AWS Backup's notification: a sentence, with the rest in the message's attributes."""
    return bool(_JOB.match(text.lstrip()[:100])) or text.lstrip().startswith(("Recovery point", "A recovery point"))


def read_backup(text: str, arrival: Arrival) -> AlertDraft:
    """The message's attributes say the job's kind, its state and its id; without them the sentence does."""
    attributes = Fields.of(dict(arrival.envelope.attributes))
    named = {
        re.sub(r"\s", "", match["key"].lower()): match["value"].rstrip(".,") for match in _NAMED.finditer(text[:4_000])
    }
    job = _JOB.match(text.lstrip())
    word = _OUTCOME.search(text[:4_000])
    state = attributes.text("State") or (word["word"] if word else "")
    kind = attributes.text("EventType") or (f"{job['kind']}_JOB" if job else "RECOVERY_POINT")
    words = kind.replace("_", " ").lower()
    resource = named.get("resourcearn", named.get("recoverypointarn", ""))
    arn = Arn.of(resource)
    topic = Arn.of(arrival.envelope.topic_arn)
    region = arn.region or topic.region
    identity = attributes.text("Id") or next((named[key] for key in named if key.endswith("jobid")), "")
    of = f" of {resource_name(resource)}" if resource else f" {identity}".rstrip()
    sentence = texts.one_line(_NAMED.split(text.strip()[:4_000], maxsplit=1)[0])
    said = f"{state} {sentence}"
    scanned = "scan" in kind.lower()  # says that it is over, not what it found
    job_name = words.title().replace(" ", "")
    return AlertDraft(
        alertname=f"AWS{'' if 'backup' in words else 'Backup'}{job_name}{outcome_word(state.title())}",
        summary=f"AWS {words}{of}: {(state or 'changed').lower().replace('_', ' ')}. {sentence}",
        guess=guessed(good=bool(_WELL.search(said)) and not scanned, doubtful=is_bad(said)),
        identity=f"backup:{kind}/{identity}/{state}" if identity else "",
        labels={
            "aws_service": "backup",
            "namespace": NAMESPACES["backup"],
            "resource": resource_name(resource) if resource else "",
            "resource_arn": resource,
        },
        description=text,
        link=page(region, f"/backup/home?region={region}#/jobs/backup/details/{quote(identity, safe='')}"),
        account=attributes.text("AccountId") or arn.account,
        region=region,
    )


def is_glacier(fields: Fields) -> bool:
    """Recognises a Glacier job's notice."""
    return fields.has("VaultARN", "Action")


def read_glacier(fields: Fields, _: Arrival) -> AlertDraft:
    """That a retrieval is done."""
    vault, state = resource_name(fields.text("VaultARN")), fields.text("StatusCode")
    return AlertDraft(
        alertname=f"Glacier{outcome_word(fields.text('Action'))}{outcome_word(state)}",
        summary=f"Glacier {fields.text('Action')} of vault {vault}: {fields.text('StatusMessage') or state}",
        guess=guessed(good=routine()(state), doubtful=is_bad(state)),
        identity=f"glacier:{fields.text('JobId')}" if fields.text("JobId") else "",
        labels={"aws_service": "glacier", "resource": vault},
        description=fields.lines(),
        region=Arn.of(fields.text("VaultARN")).region,
    )


_BUCKET = Row(
    noun="S3 bucket",
    name=("bucket.name",),
    state=("reason", "deletion-type"),
    reason=("object.key",),
    labels={"BucketName": "bucket.name"},
    link="/s3/buckets/{name}?region={region}",
)
_QUIET_BUCKET = (
    "object created", "object deleted", "object tags added", "object tags deleted", "object acl updated",
    "object storage class changed", "object restore initiated", "object restore completed",
    "object access tier changed",
)  # fmt: skip
"""Source: Amazon S3 user guide, "EventBridge event message structure"."""


def _bucket(event: Event) -> AlertDraft:
    """Reads an object that came, went or changed: the type says it, and the reason only how."""
    quiet = event.detail_type.lower() in _QUIET_BUCKET
    found = replace(_BUCKET(event), guess="info" if quiet else "warning" if is_bad(event.detail_type) else "")
    if event.detail.text("reason", "deletion-type"):
        return found
    where = "/".join(part for part in (found.labels.get("resource", ""), event.detail.text("object.key")) if part)
    return replace(found, alertname=f"S3 {event.detail_type}", summary=f"S3 {event.detail_type.lower()}: {where}")


_SCAN = Row(
    noun="Backup scan of",
    name=("resourceArn", "recoveryPointArn", "scanJobId"),
    state=("scanResult.scanResultStatus", "scanResultStatus", "state", "status"),
    reason=("statusMessage",),
    labels={"backup_vault": "backupVaultName", "resource_type": "resourceType", "scanner": "malwareScanner"},
    link="/backup/home?region={region}#/jobs/scan",
    good=routine("NO_THREATS_FOUND", "CREATED", "RUNNING"),
)
"""A scan that is COMPLETED says nothing of what it found: its result does, and without one nothing is known.
Source: AWS Backup developer guide, "Monitoring AWS Backup events using Amazon EventBridge"."""

READERS: Mapping[str, Reader] = {
    "Copy Job State Change": _backup("copy job of"),
    "Restore Job State Change": _backup("restore job of"),
    "Recovery Point State Change": _backup("recovery point of"),
    "Backup Vault State Change": _backup("vault", "backupVaultName"),
    "Backup Plan State Change": _backup("plan", "backupPlanId"),
    "Scan Job State Change": _SCAN,
    "backup:": _backup("job of"),
    "s3:": _bucket,
}
