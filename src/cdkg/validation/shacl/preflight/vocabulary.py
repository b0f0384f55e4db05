"""SHACL's own terms: those that are evaluated, those of other documents that are not, and what is misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from pyoxigraph import NamedNode, Triple

from cdkg.validation.report import Severity
from cdkg.validation.shacl.preflight.faults import ShapeFault
from cdkg.validation.shacl.shapes_graph import SEVERITIES, SH, ShapesGraph, sh
from cdkg.vocabulary import RDF_TYPE


def _named(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: The properties of SHACL 1.0 (Core and SPARQL).
PROPERTIES: Final = _named("""
    alternativePath and ask class closed conforms datatype deactivated declare defaultValue description detail disjoint
    entailment equals flags focusNode group hasValue ignoredProperties in inversePath labelTemplate languageIn lessThan
    lessThanOrEquals maxCount maxExclusive maxInclusive maxLength message minCount minExclusive minInclusive minLength
    name namespace node nodeKind nodeValidator not oneOrMorePath optional or order parameter path pattern prefix
    prefixes property propertyValidator qualifiedMaxCount qualifiedMinCount qualifiedValueShape
    qualifiedValueShapesDisjoint result resultMessage resultPath resultSeverity select severity shapesGraph
    shapesGraphWellFormed sourceConstraint sourceConstraintComponent sourceShape sparql suggestedShapesGraph targetClass
    targetNode targetObjectsOf targetSubjectsOf uniqueLang validator value xone zeroOrMorePath zeroOrOnePath
""")

_COMPONENTS: Final = _named("""
    And Class Closed Datatype Disjoint Equals HasValue In LanguageIn LessThan LessThanOrEquals MaxCount MaxExclusive
    MaxInclusive MaxLength MinCount MinExclusive MinInclusive MinLength Node NodeKind Not Or Pattern Property
    QualifiedMaxCount QualifiedMinCount SPARQL UniqueLang Xone
""")

#: Its classes and individuals.
CLASSES: Final = _named("""
    AbstractResult BlankNode BlankNodeOrIRI BlankNodeOrLiteral ConstraintComponent IRI IRIOrLiteral Info Literal
    NodeKind NodeShape Parameter Parameterizable PrefixDeclaration PropertyGroup PropertyShape SPARQLAskExecutable
    SPARQLAskValidator SPARQLConstraint SPARQLConstructExecutable SPARQLExecutable SPARQLSelectExecutable
    SPARQLSelectValidator SPARQLUpdateExecutable Severity Shape ValidationReport ValidationResult Validator Violation
    Warning
""") | {f"{name}ConstraintComponent" for name in _COMPONENTS}

_ADVANCED: Final = "SHACL Advanced Features"
_SCRIPT: Final = "SHACL JavaScript Extensions"
_DRAFT: Final = "SHACL 1.2"
#: Constraints of other documents: what they ask would go unchecked.
UNCHECKED: Final[dict[str, str]] = {"expression": _ADVANCED, "js": _SCRIPT} | dict.fromkeys(
    _named("""
    singleLine someValue memberShape minListLength maxListLength uniqueMembers subsetOf reifierShape
    reificationRequired rootClass nodeByExpression uniqueValuesFor
    """),
    _DRAFT,
)
#: Other terms of theirs that a whole construct hangs on: it is told about, and what hangs below it is not.
UNUSED: Final[dict[str, str]] = (
    dict.fromkeys(_named("rule target values resultAnnotation SPARQLFunction TargetType SPARQLTargetType"), _ADVANCED)
    | dict.fromkeys(_named("JSFunction JSTargetType"), _SCRIPT)
    | dict.fromkeys(_named("targetWhere targetShape shape conformanceDisallows"), _DRAFT)
)
#: Terms that stand below one of these, or say nothing that is checked.
_QUIET: Final = _named("""
    ExpressionConstraintComponent Function JSConstraint JSConstraintComponent JSExecutable JSLibrary JSRule JSTarget
    JSValidator ResultAnnotation Rule Rules SPARQLConstruct SPARQLRule SPARQLTarget SPARQLValuesDeriver Target
    TripleRule annotationProperty annotationValue annotationVarName asc condition construct count desc distinct else
    exists filterShape groupConcat if intersection jsFunctionName jsLibrary jsLibraryURL limit max min minus nodes
    object offset orderBy orderby predicate returnType separator subject sum then this union update
    Debug Trace ShapeClass ByTypes NodeExpression ListParameterExpressionFunction NamedParameterExpressionFunction
    SingleLineConstraintComponent SomeValueConstraintComponent MemberShapeConstraintComponent
    MinListLengthConstraintComponent MaxListLengthConstraintComponent UniqueMembersConstraintComponent
    SubsetOfConstraintComponent ReifierShapeConstraintComponent ReificationRequiredConstraintComponent
    RootClassConstraintComponent NodeByExpressionConstraintComponent UniqueValuesForConstraintComponent
    agentInstruction bodyExpression codeIdentifier intent keyParameter sparqlExpr
""")
KNOWN: Final = PROPERTIES | CLASSES | frozenset(UNCHECKED) | frozenset(UNUSED) | _QUIET

#: Constraints of the DASH vocabulary, which are evaluated only where its components are among the shapes.
_DASH: Final = "http://datashapes.org/dash#"
_DASH_CONSTRAINTS: Final = _named("""
    closedByTypes coExistsWith hasValueIn hasValueWithClass nonRecursive notEndsWith reifiableBy rootClass singleLine
    stem subSetOf symmetric uniqueValueForClass uniqueValuesForClass
""")
#: What people write where they mean SHACL's namespace.
_ASTRAY: Final = re.compile(r"(?i)https?://(?:www\.)?w3\.org/ns/(?:shacl|sh)(?:[#/]+|$)")

#: What becomes of a prefixed name between angle brackets, or of one whose prefix no context of JSON-LD knows.
_UNRESOLVED: Final = re.compile(r"(?i:sh|shacl):(\w+)")


def nearest(name: str, names: frozenset[str]) -> list[str]:
    """The names that are written like this one, the likeliest first."""
    folded = {known.lower(): known for known in sorted(names)}
    return [folded[found] for found in get_close_matches(name.lower(), folded, n=3, cutoff=0.75)]


def terms(graph: ShapesGraph) -> Iterator[ShapeFault]:
    """Terms of SHACL's namespace that do not exist, or that nothing would be done about."""
    for triple in graph.triples:
        for term, names in ((triple.predicate, PROPERTIES), (triple.object, CLASSES)):
            if not isinstance(term, NamedNode):
                continue
            if term.value.startswith(SH):
                yield from _own(graph, triple, term.value[len(SH) :], names)
            elif term.value.startswith(_DASH):
                yield from _dash(graph, triple, term)
            elif found := _UNRESOLVED.fullmatch(term.value):
                yield from _unresolved(triple, term, found[1])
            elif "w3.org/" in term.value.lower() and _ASTRAY.match(term.value) and _matters(triple, term):
                yield _astray(triple, term)


def _matters(triple: Triple, term: NamedNode) -> bool:
    """Whether a term says something of a shape, and is no mere link to a document."""
    return triple.predicate in {term, RDF_TYPE} or bool(_ASTRAY.match(triple.predicate.value))


def _own(graph: ShapesGraph, triple: Triple, name: str, names: frozenset[str]) -> Iterator[ShapeFault]:
    as_property = names is PROPERTIES
    if name in PROPERTIES or name in CLASSES or name in _QUIET or (not name and not as_property):
        return
    if NamedNode(SH + name) in graph.parameters or NamedNode(SH + name) in graph.about:
        return  # the shapes bring a definition of their own
    if name not in KNOWN:
        yield _unknown(triple, name, names)
    elif as_property or triple.predicate == RDF_TYPE:
        yield _not_evaluated(graph, triple, name)


def _unknown(triple: Triple, name: str, names: frozenset[str]) -> ShapeFault:
    everywhere = nearest(name, PROPERTIES | CLASSES)
    other_case = [known for known in everywhere if known.lower() == name.lower()]
    close = other_case or nearest(name, names) or everywhere
    if triple.predicate == sh("severity"):
        hint = f"write {SEVERITIES}"
    elif close:
        hint = f"write {' or '.join(f'sh:{near}' for near in close)}"
    else:
        hint = "take a term of SHACL, or another namespace"
    why = "SHACL has no such term, and engines pass over it in silence"
    return ShapeFault("unknown-term", triple, triple.subject, f"sh:{name} is unknown", why, hint)


def _not_evaluated(graph: ShapesGraph, triple: Triple, name: str) -> ShapeFault:
    what = f"sh:{name} is not evaluated"
    if name in UNCHECKED:
        why = f"it is a constraint of {UNCHECKED[name]}; what it asks would go unchecked"
        hint = "write it with SHACL Core or as a sh:sparql constraint"
        return ShapeFault("unsupported-constraint", triple, triple.subject, what, why, hint)
    why = (
        f"it is a term of {UNUSED[name]}, which is not looked at here: {graph.name(triple.subject)} is read without it"
    )
    hint = "take it out, or say it with SHACL Core (targets) and closed-world rules (inference)"
    return ShapeFault("unsupported-term", triple, triple.subject, what, why, hint, Severity.WARNING)


def _dash(graph: ShapesGraph, triple: Triple, term: NamedNode) -> Iterator[ShapeFault]:
    name = term.value[len(_DASH) :]
    if term == triple.predicate and name in _DASH_CONSTRAINTS and term not in graph.parameters:
        why = "it is a constraint of the DASH vocabulary, whose components are not among the shapes"
        hint = "add the components to the shapes, or write it with SHACL Core"
        what = f"dash:{name} is not evaluated"
        yield ShapeFault("unsupported-constraint", triple, triple.subject, what, why, hint)


def _unresolved(triple: Triple, term: NamedNode, name: str) -> Iterator[ShapeFault]:
    folded = name.lower()
    meant = next((known for known in sorted(PROPERTIES | CLASSES) if known.lower() == folded), None)
    if meant:
        what = f"the IRI <{term.value}> is no term of SHACL"
        why = "its prefix was not resolved; prefixes are told apart by capitals, and not looked up between < and >"
        yield ShapeFault("wrong-namespace", triple, triple.subject, what, why, f"write sh:{meant}, with sh: as <{SH}>")


def _astray(triple: Triple, term: NamedNode) -> ShapeFault:
    what = f"<{term.value}> is not in SHACL's namespace"
    why = f"the namespace is <{SH}>, letter by letter; what is written otherwise means nothing to engines"
    return ShapeFault("wrong-namespace", triple, triple.subject, what, why, f"bind the prefix to <{SH}>")
