"""Measures and generators for those who change this project; nothing here is deployed."""
