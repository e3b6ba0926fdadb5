"""Scores the metrics of config/anomaly.yml: triggered by its schedule, and by deployments, which it keeps."""

from alertrelay.scoring_runtime import scorer

handler = scorer()
