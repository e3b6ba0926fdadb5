"""The weekly audit: how alarms were received, and what would make the noisy ones quieter. Pure."""
