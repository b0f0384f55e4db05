"""Mappings to the things of others: SSSOM files, what they say, and the graphs made of them."""

from cdkg.sources.sssom.graphs import SUFFIX, iri_of, read_graph, read_statements, read_triples
from cdkg.sources.sssom.mapping import SURE, Mapping, MappingSet
from cdkg.sources.sssom.reading import read
from cdkg.sources.sssom.writing import as_json, write

__all__ = [
    "SUFFIX",
    "SURE",
    "Mapping",
    "MappingSet",
    "as_json",
    "iri_of",
    "read",
    "read_graph",
    "read_statements",
    "read_triples",
    "write",
]
