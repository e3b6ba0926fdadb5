"""What `alertrelay simulate` is made of: a timeline, an intake of alerts, a clock, and two relays to choose from."""
