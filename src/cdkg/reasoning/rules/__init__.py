"""Closed-world rules: reading them, putting them in strata, and what they were applied to."""
