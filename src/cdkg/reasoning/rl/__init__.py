"""The OWL 2 RL engine: facts in columns, closed under the rules of tables 4 to 9 (OWL 2 Profiles, section 4.3)."""
