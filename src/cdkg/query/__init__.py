"""SPARQL queries against a graph: guarded, with the dataset semantics of the standard, and in any format."""

from cdkg.query.guard import Limits, inspect
from cdkg.query.questions import Outcome, Question, read_questions
from cdkg.query.run import Answer, run

__all__ = ["Answer", "Limits", "Outcome", "Question", "inspect", "read_questions", "run"]
