"""The alarms that a listed resource gets: the catalogue, derived thresholds, and the check over both."""
