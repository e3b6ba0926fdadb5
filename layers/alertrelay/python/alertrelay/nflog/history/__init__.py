"""Reads back what was decided, from the log lines of the functions: nothing of it is written to the table. Pure."""
