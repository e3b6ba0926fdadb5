"""Keeps the scorer's objects in one S3 bucket: an object is written only over the version that was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from alertrelay.anomaly.scorer.ports import Kept, ShelfFailure
from alertrelay.aws.errors import code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = frozenset({"NoSuchKey", "404"})
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: 412 where the condition does not hold,
# 409 while another write is in progress, 404 for If-Match where the object was deleted.
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class S3Shelf:
    """See scoring.ports.Shelf. `client` makes or gives the client; all names stand below `prefix`."""

    def __init__(self, client: Callable[[], S3Client], bucket: str, *, prefix: str = "scorer/") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def get(self, name: str) -> Kept | None:
        """See scoring.ports.Shelf."""
        try:
            answer = self._client().get_object(Bucket=self._bucket, Key=self._prefix + name)
            return Kept(answer["Body"].read(), answer["ETag"])
        except ClientError as error:
            if code(error) in _ABSENT:
                return None
            raise ShelfFailure(f"S3 get {name}: {code(error)}") from None
        except BotoCoreError as error:
            raise ShelfFailure(f"S3 get {name}: {code(error)}") from None

    def put(self, name: str, content: bytes, *, over: str | None) -> bool:
        """See scoring.ports.Shelf."""
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if over is None else {"IfMatch": over}
        try:
            self._client().put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content, **condition)
        except ClientError as error:
            if code(error) in _CHANGED:
                return False
            raise ShelfFailure(f"S3 put {name}: {code(error)}") from None
        except BotoCoreError as error:
            raise ShelfFailure(f"S3 put {name}: {code(error)}") from None
        return True
