"""The console: a page for people, and what it asks of the relay beside Alertmanager's API."""
