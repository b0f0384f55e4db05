"""Proofs and contradictions as people and programs read them."""
