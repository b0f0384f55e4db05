"""What follows from the graph: OWL 2 RL and closed-world rules, with a derivation for each inferred triple."""

from cdkg.reasoning.closure import Clash, Closure, Derivation, Reasoner
from cdkg.reasoning.materialise import ENGINES, Engine, Inference, reason
from cdkg.reasoning.profile import ProfileViolation, rl_violations
from cdkg.reasoning.reference import OwlrlClosure, is_trivial, owlrl_closure
from cdkg.reasoning.rules import Rule, read_rules

__all__ = [
    "ENGINES",
    "Clash",
    "Closure",
    "Derivation",
    "Engine",
    "Inference",
    "OwlrlClosure",
    "ProfileViolation",
    "Reasoner",
    "Rule",
    "is_trivial",
    "owlrl_closure",
    "read_rules",
    "reason",
    "rl_violations",
]
