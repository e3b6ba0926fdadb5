"""Renders and checks the Prometheus rules of a team: templates, their parameters, and what comes out."""
