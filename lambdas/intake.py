"""The intake: HTTPS in, topics out."""

from alertrelay.runtime.intake import intake

handler = intake()
