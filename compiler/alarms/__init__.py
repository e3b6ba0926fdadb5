"""Plans the alarms of listed resources: the catalogue, derived thresholds, and the check over both."""
