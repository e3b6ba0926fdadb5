"""Measures the structure of the project: rooms, imports, sizes, words, and a trace of one alarm (`make structure`)."""
