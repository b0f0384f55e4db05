"""What follows from the graph: OWL 2 RL and closed-world rules, with proofs and contradictions."""

from cdkg.reasoning.live import Edit, LiveInference
from cdkg.reasoning.materialise import ENGINES, Engine, Inference, Reasoner, reason
from cdkg.reasoning.profile.violations import ProfileViolation, rl_violations
from cdkg.reasoning.proofs.prover import Derivation, Proof, Prover
from cdkg.reasoning.reference import OwlrlClosure, is_trivial, owlrl_closure
from cdkg.reasoning.rl.clashes import Clash
from cdkg.reasoning.rl.closure import Closure
from cdkg.reasoning.rules.rule import Rule, read_rules

__all__ = [
    "ENGINES",
    "Clash",
    "Closure",
    "Derivation",
    "Edit",
    "Engine",
    "Inference",
    "LiveInference",
    "OwlrlClosure",
    "ProfileViolation",
    "Proof",
    "Prover",
    "Reasoner",
    "Rule",
    "is_trivial",
    "owlrl_closure",
    "read_rules",
    "reason",
    "rl_violations",
]
