"""What is wrong with a JSON-LD file, and what of it no reader keeps (JSON-LD 1.1), each with its place."""

from cdkg.sources.json_ld.losses import Loss, losses
from cdkg.sources.json_ld.refused import faults, hard_place, no_document

__all__ = ["Loss", "faults", "hard_place", "losses", "no_document"]
