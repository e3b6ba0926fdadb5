"""Slack talks back: buttons of messages, and the slash command."""
