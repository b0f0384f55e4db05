"""A little project in a git repository, to be edited in one place: what tests of changes share."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from cdkg.assets import Project
from cdkg.changes import SECTIONS, Difference, compare, opened

CD = "https://w3id.org/cdkg/ontology/"
ID = "https://w3id.org/cdkg/id/"
GRAPH = "https://w3id.org/cdkg/graph/"
_PREFIXES = "".join(
    f"@prefix {prefix}: <{iri}> .\n"
    for prefix, iri in {
        "cd": CD, "cds": "https://w3id.org/cdkg/shapes/", "city": f"{ID}city/", "country": f"{ID}country/",
        "dcterms": "http://purl.org/dc/terms/", "owl": "http://www.w3.org/2002/07/owl#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "sh": "http://www.w3.org/ns/shacl#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }.items()
)  # fmt: skip
_ONTOLOGY = """
<https://w3id.org/cdkg/ontology/little> a owl:Ontology ; owl:versionInfo "1.2.3" .
cd:Place a owl:Class ; rdfs:label "place"@en .
cd:City a owl:Class ; rdfs:label "city"@en ; rdfs:subClassOf cd:Place .
cd:Country a owl:Class ; rdfs:label "country"@en .
cd:Disagreement a owl:Class .
cd:Gap a owl:Class .
cd:country a owl:ObjectProperty ; rdfs:label "country"@en .
cd:twinnedWith a owl:ObjectProperty , owl:SymmetricProperty ; rdfs:label "twinned with"@en .
cd:SpanishCity a owl:Class ; rdfs:label "Spanish city"@en ;
    owl:equivalentClass [ a owl:Class ; owl:intersectionOf
        ( cd:City [ a owl:Restriction ; owl:onProperty cd:country ; owl:hasValue country:spain ] ) ] .
"""
_SHAPES = """
<https://w3id.org/cdkg/shapes/little> a owl:Ontology ; owl:versionInfo "1.2.3" .
cds:City a sh:NodeShape ; sh:targetClass cd:City ; sh:property cds:City-label .
cds:City-label a sh:PropertyShape ; sh:path rdfs:label ; sh:minCount 1 ; sh:maxLength 50 ;
    sh:message "A city has no label."@en .
"""
_LIST = """
<> rdfs:label "Cities"@en .
city:exampleton a cd:City ; rdfs:label "Exampleton"@en ; cd:country country:germany .
city:sampleville a cd:City ; rdfs:label "Sampleville"@en ; cd:country country:spain .
city:thirdham a cd:City ; rdfs:label "Thirdham"@en ; cd:country country:spain .
country:germany a cd:Country ; rdfs:label "Germany"@en .
country:spain a cd:Country ; rdfs:label "Spain"@en .
"""
_PAGE = """
<> rdfs:label "Page 1"@en .
city:exampleton cd:twinnedWith city:sampleville .
<#who> a cd:Disagreement ; rdfs:label "Who is twinned"@en .
<#blank> a cd:Gap ; rdfs:label "A blank date"@en .
"""
QUESTION = """#+ question: Who is twinned with Exampleton?
#+ kind: look-up
SELECT ?twin { city:exampleton cd:twinnedWith ?twin } ORDER BY ?twin
"""
_CHECK = """#+ severity: warning
#+ message: {focus} is twinned with itself.
SELECT ?focus { ?focus cd:twinnedWith ?focus }
"""


def write(folder: Path, name: str, body: str) -> Path:
    """Write a file; Turtle gets its base and prefixes."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".ttl":
        base = name.removeprefix("data/").removesuffix(".ttl")
        body = f"@base <{GRAPH}{base}> .\n{_PREFIXES}{body}"
    path.write_text(body, encoding="utf-8")
    return path


def git(folder: Path, *arguments: str) -> str:
    """Run git with a name of its own, whatever is set on the machine."""
    names = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True,
                          env=os.environ | names | own)  # fmt: skip
    return done.stdout.strip()


def commit(folder: Path, message: str = "state") -> None:
    """Commit all files of a folder, in a new repository where there is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--no-verify", "-m", message)


def start(folder: Path) -> Path:
    """A project with an ontology, a shape, a check and a question of its own, in a repository with one commit."""
    write(folder, "cdkg.toml", "")
    write(folder, "ontology/little.ttl", _ONTOLOGY)
    write(folder, "shapes/little.ttl", _SHAPES)
    write(folder, "data/entities/city.ttl", _LIST)
    write(folder, "data/pages/page-1.ttl", _PAGE)
    write(folder, "queries/competency/001-twins.rq", QUESTION)
    write(folder, "queries/checks/own-twin.rq", _CHECK)
    commit(folder)
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replace a text that a file has."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def difference(folder: Path, *sections: str, before: str = "HEAD", after: str | None = None) -> Difference:
    """What differs between two states of a project."""
    project = Project.find(folder)
    with opened(before, project) as one, opened(after, project) as other:
        return compare(one, other, sections or SECTIONS)


def named(subject: str, predicate: str, obj: str) -> Triple:
    """A triple of our namespaces."""
    return Triple(NamedNode(ID + subject), NamedNode(CD + predicate), NamedNode(ID + obj))


def add_twin(folder: Path) -> None:
    """Let Exampleton have another twin."""
    edit(folder, "data/pages/page-1.ttl", "cd:twinnedWith city:sampleville", "cd:twinnedWith city:thirdham")
