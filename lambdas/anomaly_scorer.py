"""Scores the metrics of config/anomaly.yml: triggered by its schedule, and by deployments, which it keeps."""

from alertrelay.runtime.scorer import scorer

handler = scorer()
