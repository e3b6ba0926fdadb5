"""Shares among the renderers of all channels the facts and words of a message, plain text, cleaning and cutting. Pure.

A message is plain JSON without any secret. Every text in it has been cleaned, escaped for its channel and cut to its
limits, so that no alert can break a message or be refused for its length.
"""
