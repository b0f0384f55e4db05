"""Faults of the shapes themselves, told before any data is looked at."""
