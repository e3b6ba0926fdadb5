"""Implements `alertrelay simulate`: a timeline, an intake of alerts, a clock, and two relays to choose from."""
