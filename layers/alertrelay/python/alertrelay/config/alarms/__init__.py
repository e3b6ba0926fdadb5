"""The alarms that a listed resource gets: catalogue, derived thresholds, and the check over both. No AWS library here."""
