"""Namespaces, and the one prefix table of the project."""

from __future__ import annotations

from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from cdkg.errors import VocabularyError

#: What may stand in a triple, by the type stubs of pyoxigraph (triple terms are RDF 1.2; the project has none).
Term = NamedNode | BlankNode | Literal | Triple

BASE: Final = "https://w3id.org/cdkg/"
CD: Final = f"{BASE}ontology/"
ID: Final = f"{BASE}id/"
GRAPH: Final = f"{BASE}graph/"
SHAPES: Final = f"{BASE}shapes/"
RULE: Final = f"{BASE}rule/"
QUERY: Final = f"{BASE}query/"

#: Kinds of things that share a namespace each; the prefix is the kind.
ENTITY_KINDS: Final = (
    "body", "city", "concept", "country", "document", "event", "group", "initiative", "person", "place", "scheme",
    "strategy",
)  # fmt: skip
RELATION_KINDS: Final = (
    "affiliation", "control", "membership", "office", "participation", "partnership", "tie", "twinning",
)  # fmt: skip
TYPOLOGY_KINDS: Final = (
    "bound", "certainty", "polarity", "quantifier", "role", "sector", "status", "unit", "variable",
)  # fmt: skip

_OTHERS: Final = {
    "cd": CD,
    "cds": SHAPES,
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "pav": "http://purl.org/pav/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sdg": "http://metadata.un.org/sdg/",
    "sdgo": "http://metadata.un.org/sdg/ontology#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sssom": "https://w3id.org/sssom/",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

#: prefix → namespace, for every file, query and printed term of the project.
PREFIXES: Final[dict[str, str]] = dict(
    sorted((_OTHERS | {k: f"{ID}{k}/" for k in ENTITY_KINDS + RELATION_KINDS + TYPOLOGY_KINDS}).items())
)

RDF_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")
RDFS_LABEL: Final = NamedNode(PREFIXES["rdfs"] + "label")


def shorten(iri: str) -> str:
    """Return `iri` as a prefixed name of the table, or in angle brackets where none fits."""
    namespace, prefix = max(
        ((n, p) for p, n in PREFIXES.items() if iri.startswith(n)),
        key=lambda pair: len(pair[0]),
        default=("", ""),
    )
    local = iri[len(namespace) :]
    if not namespace or any(c in local for c in "/#?:,;()'\"*+&=@%!$~ ") or local.endswith("."):
        return f"<{iri}>"
    return f"{prefix}:{local}"


def is_grounded(triple: Triple) -> bool:
    """Whether a triple is without blank nodes."""
    return not isinstance(triple.subject, BlankNode) and not isinstance(triple.object, BlankNode)


def expand(name: str) -> str:
    """Return the IRI of a prefixed name or of an IRI in angle brackets.

    Raises:
        VocabularyError: The prefix is not in the table.
    """
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1]
    if name.startswith(("http://", "https://", "urn:")):
        return name
    prefix, colon, local = name.partition(":")
    if colon and prefix in PREFIXES:
        return PREFIXES[prefix] + local
    raise VocabularyError(
        f"unknown prefix in {name!r}",
        why=f"the prefix table has {', '.join(PREFIXES)}",
        hint="write the IRI in angle brackets, or one of these prefixes",
    )


def read_name(text: str) -> NamedNode:
    """Return the node of a prefixed name or of an IRI, in angle brackets or bare.

    Raises:
        VocabularyError: The prefix is not in the table, or it is no absolute IRI.
    """
    try:
        return NamedNode(expand(text))
    except ValueError as error:
        raise VocabularyError(f"{text!r} is no name", why=str(error), hint="write a prefixed name or an IRI") from error


def read_term(text: str) -> NamedNode | Literal:
    """Return the node of a prefixed name or IRI, or a literal as Turtle writes it (RDF 1.1 Turtle, section 2.5).

    Raises:
        VocabularyError: It is neither.
    """
    if ":" in text and text[:1] not in {'"', "'"}:
        return read_name(text)
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    try:
        found = [quad.object for quad in parse(f"{head}<s:s> <p:p> {text}\n.", format=RdfFormat.TURTLE)]
    except SyntaxError:
        found = []
    if len(found) == 1 and isinstance(found[0], Literal):
        return found[0]
    raise VocabularyError(f"{text!r} is no term", hint="write a prefixed name, an IRI in angle brackets, or a literal")
