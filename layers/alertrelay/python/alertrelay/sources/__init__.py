"""From what arrives to alerts. One file a payload kind; nothing crashes, nothing is dropped.

`unwrap` takes the messages out of a Lambda event, `parse` makes alerts of one message. docs/sources.md says
which fields become what.
"""

from alertrelay.sources.envelope import Envelope, unwrap
from alertrelay.sources.parse import Parsed, parse

__all__ = ["Envelope", "Parsed", "parse", "unwrap"]
