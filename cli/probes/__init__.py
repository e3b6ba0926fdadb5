"""Tries every service that the configuration names for `check --live`, without notifying anybody."""
