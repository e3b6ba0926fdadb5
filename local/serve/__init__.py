"""The intake and the whole relay on loopback, with its state in one file of SQLite."""
