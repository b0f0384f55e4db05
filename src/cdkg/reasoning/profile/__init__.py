"""The OWL 2 RL profile: which axioms are outside it (OWL 2 Profiles, section 4.2)."""
