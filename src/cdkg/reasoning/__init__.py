"""What follows from the graph: OWL 2 RL and closed-world rules, with a derivation for each inferred triple."""

from cdkg.reasoning.closure import Clash, Closure, Derivation
from cdkg.reasoning.materialise import Inference, reason
from cdkg.reasoning.rules import Rule, read_rules

__all__ = ["Clash", "Closure", "Derivation", "Inference", "Rule", "read_rules", "reason"]
