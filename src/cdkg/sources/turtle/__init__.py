"""Where each triple of a Turtle, TriG, N-Triples or N-Quads file stands, and all that is wrong with such a file.

pyoxigraph's parser stays the judge of syntax, and the triples are those that it gives; what is read here says where
they are, and lists all the faults of a file of which the parser names the first.
"""

from cdkg.sources.turtle.document import Document, aligned, document_of, read_document
from cdkg.sources.turtle.state import Fault, Statement
from cdkg.sources.turtle.verdict import syntax_faults

__all__ = [
    "Document",
    "Fault",
    "Statement",
    "aligned",
    "document_of",
    "read_document",
    "syntax_faults",
]
