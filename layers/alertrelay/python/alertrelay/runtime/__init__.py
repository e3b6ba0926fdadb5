"""Composes the functions: each builds its ports from its environment, and is its handler."""

from alertrelay.runtime import prepared as prepared
