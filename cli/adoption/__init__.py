"""Brings the alarms of an account to the relay: reads them, proposes, writes a plan, applies it; and backtests it."""
