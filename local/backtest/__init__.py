"""Plays a recorded month of alarms through a configuration, in simulated time."""
