"""What JSON-LD leaves out without a word is told, with its place, and nothing else is."""

from __future__ import annotations

import json
import re
import time
from random import Random

import pytest
from pyoxigraph import Literal, RdfFormat, parse

from cdkg.sources.json_ld import Loss, losses
from cdkg.vocabulary import RDF_TYPE
from random_json_ld import Maker

VOCAB = '"@context": {"@vocab": "http://e/"}'
#: What stands where a loss is told: a piece of the text, and whether it is not well-formed.
LOST = {
    "a key that no context defines": ('{"@id": "urn:a", "p": 1, "http://e/p": 1}', '"p"', False),
    "a key within": ('{"@id": "urn:a", "http://e/p": {"name": "x"}}', '"name"', False),
    "an IRI with a space": (f'{{{VOCAB}, "@id": "http://e/a b", "p": 1}}', '"http://e/a b"', True),
    "an IRI with a space, as value": (f'{{{VOCAB}, "p": {{"@id": "http://e/a b"}}}}', '"http://e/a b"', True),
    "an IRI with a space, by coercion": (
        '{"@context": {"p": {"@id": "http://e/p", "@type": "@id"}}, "p": ["urn:a", "a b"]}', '"a b"', True),
    "a type with a space": (f'{{{VOCAB}, "@type": ["A", "B C"]}}', '"B C"', True),
    "a key that is no IRI": (f'{{{VOCAB}, "p q": 1}}', '"p q"', True),
    "a term that is no IRI": ('{"@context": {"p": "http://e/p q"}, "p": 1}', '"p": 1', True),
    "a property that is a blank node": (f'{{{VOCAB}, "_:p": 1}}', '"_:p"', False),
    "a blank node's name": (f'{{{VOCAB}, "@id": "_:a b", "p": 1}}', '"_:a b"', True),
    "an unknown prefix of a key": ('{"@id": "urn:a", "cdd:nonsense": 1}', '"cdd:nonsense"', False),
    "an unknown prefix of a type": ('{"@id": "urn:a", "@type": "cdd:nonsense"}', '"cdd:nonsense"', False),
    "an unknown prefix of an id": (f'{{{VOCAB}, "@id": "cdd:nonsense", "p": 1}}', '"cdd:nonsense"', False),
    "a term that is no prefix": (
        '{"@context": {"ex": {"@id": "http://e/x"}}, "ex:p": 1}', '"ex:p"', False),
    "a type without vocabulary": ('{"@id": "urn:a", "@type": "City"}', '"City"', False),
    "a language tag": (f'{{{VOCAB}, "p": {{"@value": "x", "@language": "1 2"}}}}', '"1 2"', True),
    "a language tag of a context": (
        '{"@context": {"@vocab": "http://e/", "@language": "1 2"}, "p": "x"}', '"1 2"', True),
    "a language tag of a map": (
        '{"@context": {"p": {"@id": "http://e/p", "@container": "@language"}}, "p": {"en": "x", "1 2": "y"}}',
        '"1 2"', True),
    "what looks like a keyword": (f'{{{VOCAB}, "@idd": "x"}}', '"@idd"', False),
    "a value of nothing": (f'{{{VOCAB}, "@graph": [{{"p": 1}}, 17]}}', "17", False),
    "an object that says nothing": (
        f'{{{VOCAB}, "@graph": [{{"p": 1}}, {{"@id": "urn:b"}}]}}', '{"@id": "urn:b"}', False),
    "a relative IRI without a base": ('{"@context": {"@base": null}, "@id": "a", "http://e/p": 1}', '"a"', False),
    "an empty array": (" []", "[]", False),
    "an empty object": ("\n{}", "{}", False),
    "a scalar in an array": ('[{"@id": "urn:a", "http://e/p": 1}, "x"]', '"x"', False),
    "a term of the type of what is around": (
        '{"@context": {"T": {"@id": "urn:T", "@context": {"q": "urn:q"}}}, "@type": "T", "q": 1, "urn:p": {"q": 2}}',
        '"q": 2', False),
    "a term of a property, outside": (
        '{"@context": {"p": {"@id": "http://e/p", "@context": {"q": "http://e/q"}}}, "p": {"q": 1}, "q": 2}',
        '"q": 2', False),
    "a term that is not propagated": (
        '{"@context": {"@propagate": false, "q": "http://e/q"}, "q": 1, "http://e/p": {"q": 2}}', '"q": 2', False),
    "a path of Windows": (f'{{{VOCAB}, "@id": "C:\\\\x", "p": 1}}', '"C:\\\\x"', True),
}  # fmt: skip
#: Documents of which nothing is lost, odd as they are.
KEPT = {
    "all in order": f'{{{VOCAB}, "@id": "http://e/a", "@type": "T", "p": [1, true, null, "x"]}}',
    "a key that is meant to be dropped": '{"@context": {"note": null, "@vocab": "http://e/"}, "note": "x", "p": 1}',
    "aliases": '{"@context": {"id": "@id", "type": "@type", "@vocab": "http://e/"}, "id": "a", "type": "T", "p": 1}',
    "schemes without slashes": f'{{{VOCAB}, "@id": "urn:a", "p": [{{"@id": "mailto:a@e"}}, {{"@id": "doi:10.1/x"}}]}}',
    "a scheme with slashes": f'{{{VOCAB}, "@id": "odd://a", "p": 1}}',
    "JSON as a value": ('{"@context": {"p": {"@id": "http://e/p", "@type": "@json"}}, "p": {"a b": [{"@id": "x y"}]}}'),
    "keys of a map": (
        '{"@context": {"p": {"@id": "http://e/p", "@container": "@index"}}, "p": {"a b": "x", "c d": ["y"]}}'
    ),
    "a context within": '{"http://e/p": {"@context": {"q": "http://e/q"}, "q": 1}}',
    "a term of a type": (
        '{"@context": {"T": {"@id": "http://e/T", "@context": {"q": "http://e/q"}}}, "@type": "T", "q": 1}'
    ),
    "a term of a type that is propagated": (
        '{"@context": {"T": {"@id": "http://e/T", "@context": {"@propagate": true, "q": "http://e/q"}}},'
        ' "@type": "T", "q": 1, "http://e/p": {"q": 2}}'
    ),
    "a term of a property": '{"@context": {"p": {"@id": "urn:p", "@context": {"q": "urn:q"}}}, "p": {"q": 1}}',
    "an empty text": " \n",
    "nothing but a context": f"{{{VOCAB}}}",
}


def _text(document: str, loss: Loss) -> str:
    """What stands where a loss is told."""
    lines = document.split("\n")
    assert loss.where.line is not None
    assert loss.where.column is not None
    return lines[loss.where.line - 1][loss.where.column - 1 :]


@pytest.mark.parametrize(("document", "piece", "grave"), LOST.values(), ids=LOST)
def test_a_loss_is_told_where_it_is(document: str, piece: str, grave: bool) -> None:
    """One loss, at its line and column, as grave as it is, with what to do."""
    (loss,) = losses(document, "a.jsonld")
    assert _text(document, loss).startswith(piece)
    assert loss.grave == grave
    assert loss.what
    assert loss.hint
    list(parse(document, format=RdfFormat.JSON_LD, base_iri="http://base/"))  # the parser says nothing


@pytest.mark.parametrize("document", KEPT.values(), ids=KEPT)
def test_nothing_is_told_of_what_is_kept(document: str) -> None:
    """What a reader keeps, or is told to leave out, is no loss."""
    assert losses(document, "a.jsonld") == []


@pytest.mark.parametrize("seed", range(400))
def test_losses_are_those_of_the_parser(seed: int) -> None:
    """Something is told to be dropped just where texts or types are missing among the parser's triples."""
    maker = Maker(Random(seed), good=seed % 4 == 0)  # noqa: S311 - nothing secret
    made = maker.document()
    document = json.dumps(made, indent=1)
    try:
        quads = list(parse(document, format=RdfFormat.JSON_LD, base_iri="http://base/"))
    except SyntaxError:  # the parser wants types to stand before all else, if any type has a context
        return
    texts = {quad.object.value for quad in quads if isinstance(quad.object, Literal)}
    missing = set(maker.leaves) - texts
    types = maker.types - sum(quad.predicate == RDF_TYPE for quad in quads)
    told = [loss.what for loss in losses(document, "a.jsonld") if "dropped" in loss.what]
    # of what it drops, the parser leaves lists and graphs behind, without what held them
    dangling = bool(told) and re.search('"(list|graph)"', json.dumps(made["@graph"])) is not None
    assert bool(told) == bool(missing or types) or dangling, (document, missing, types, told)
    assert seed % 4 or not told


def test_the_same_loss_is_told_once() -> None:
    """With the first of its places, and how many there are; of very many losses, how many are not told."""
    nodes = ",\n".join(f'{{"@id": "urn:{n}", "note": {n}, "http://e/p": 1}}' for n in range(50))
    (loss,) = losses(f"[\n{nodes}]", "a.jsonld")
    assert (loss.where.line, loss.number) == (2, 50)
    keys = ", ".join(f'"k{n}": 1' for n in range(130))
    *told, last = losses(f"{{{keys}}}", "a.jsonld")
    assert len(told) == 100
    assert "30" in last.what


@pytest.mark.slow
def test_large_and_deep_documents_take_seconds() -> None:
    """3 MB in one array, and 100,000 arrays in one another."""
    nodes = ",".join(f'{{"@id": "http://e/{n}", "http://e/p": {{"@id": "http://e/{n}"}}}}' for n in range(50_000))
    start = time.monotonic()
    assert losses(f"[{nodes}]", "a.jsonld") == []
    assert losses(f'{{{VOCAB}, "p": {"[" * 100_000}1{"]" * 100_000}}}', "a.jsonld") == []
    assert time.monotonic() - start < 20


def test_nothing_for_a_terminal_stands_in_what_is_told() -> None:
    """A key with control characters is shown without them."""
    (loss,) = losses('{"\\u001b[31m": 1}', "a.jsonld")
    assert not re.search(r"[\x00-\x1f]", loss.what + loss.hint)


def test_a_context_of_thousands_of_terms_in_a_row() -> None:
    """Each term needs the next: it is followed to its end, and ends in no recursion."""
    terms = ", ".join(f'"t{n}": "t{n + 1}:x"' for n in range(3000)) + ', "t3000": "http://e/"'
    assert losses(f'{{"@context": {{{terms}}}, "t0": 1}}', "a.jsonld") == []
