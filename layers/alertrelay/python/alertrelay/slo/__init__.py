"""The service level objectives: burn rates and budgets from counted events, and a run over all objectives."""
