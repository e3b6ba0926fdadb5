"""Writes annotations and starts allowed runbooks: triggered by its queue, where delivery.yml has either."""

from alertrelay.runtime.companion import companion

handler = companion()
