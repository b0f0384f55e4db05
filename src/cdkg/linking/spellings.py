"""The IRIs that somebody may mean by what he writes: pages about a thing, `http` for `https`, a slash too many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote

from pyoxigraph import NamedNode

from cdkg.errors import VocabularyError
from cdkg.vocabulary import BASE, PREFIXES

#: Characters of the longest IRI that is looked for.
LONGEST: Final = 2000
_URN: Final = re.compile(r"urn:[\w:./~-]+", re.ASCII)
_WIKIDATA: Final = r"https?://(?:www\.|m\.)?wikidata\.org/"
_END: Final = r"(?:[?#].*)?"
_SUFFIX: Final = r"(?:\.(?:ttl|jsonld|json|nt|ntriples|n3|rdf|html))?"

#: Addresses of pages and documents about things, with the IRIs of these.
_ABOUT: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = tuple(
    (re.compile(pattern + _END, re.IGNORECASE), meant)
    for pattern, meant in (
        (
            _WIKIDATA + rf"(?:entity|wiki|wiki/Special:Entity(?:Data|Page))/(?:Property:)?([QP]\d+){_SUFFIX}",
            lambda found: PREFIXES["wd"] + found[1].upper(),
        ),
        (_WIKIDATA + r"(?:entity|wiki)/(?:Property:)?(P\d+)", lambda found: PREFIXES["wdt"] + found[1].upper()),
        (_WIKIDATA + r"prop/direct/(P\d+)", lambda found: PREFIXES["wd"] + found[1].upper()),
        (
            r"https?://(?:www\.|sws\.|ws\.)?geonames\.org/(\d+)(?:/[^?#]*)?",
            lambda found: f"https://sws.geonames.org/{found[1]}/",
        ),
        (
            rf"https?://(?:www\.|live\.)?dbpedia\.org/(?:page|resource|data)/([^?#]+?){_SUFFIX}",
            lambda found: f"http://dbpedia.org/resource/{found[1]}",
        ),
        (
            rf"https?://{re.escape(BASE.partition('://')[2])}(?:page|data)/([^?#]+?){_SUFFIX}",
            lambda found: BASE + found[1],
        ),
    )
)


def spellings(text: str) -> tuple[str, ...]:
    """The IRIs that a text may stand for, the likeliest first: as it is, what a page is about, then its variants.

    Args:
        text: An absolute IRI, perhaps in angle brackets, or a name with a prefix of the project (`wd:Q42`).

    Raises:
        VocabularyError: It is neither, or too long.
    """
    iri = _read(text)
    likely = [iri, *(meant(found) for pattern, meant in _ABOUT if (found := pattern.fullmatch(iri)))]
    every = [*likely, *(variant for one in likely[:2] for variant in _variants(one))]
    return tuple(form for form in dict.fromkeys(every) if _is_iri(form))


def _read(text: str) -> str:
    name = text.strip()
    if name.startswith("<") and name.endswith(">"):
        name = name[1:-1]
    prefix, colon, local = name.partition(":")
    if colon and prefix in PREFIXES and not local.startswith("//"):
        name = PREFIXES[prefix] + local
    if len(name) > LONGEST:
        raise _no_name(text, f"it has {len(name)} characters; at most {LONGEST} are looked for")
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://.", name) and not _URN.fullmatch(name):
        raise _no_name(text, f"there is no prefix {prefix}:" if colon else "it has no scheme")
    try:
        return NamedNode(name).value
    except ValueError as error:
        raise _no_name(text, str(error)) from error


def _no_name(text: str, why: str) -> VocabularyError:
    shown = text if len(text) <= 100 else f"{text[:99]}…"
    hint = "write it whole, as in http://www.wikidata.org/entity/Q42, or with a prefix, as in wd:Q42"
    return VocabularyError(f"{shown!r} is no absolute IRI", why=why, hint=hint)


def _variants(iri: str) -> Iterator[str]:
    """The same with the other one of `http` and `https`, with or without a slash at its end, and without escapes."""
    for one in dict.fromkeys((iri, unquote(iri))):
        yield one
        for other in _by_scheme(one):
            yield other
            if "#" not in other and "?" not in other:
                yield other[:-1] if other.endswith("/") else f"{other}/"


def _by_scheme(iri: str) -> tuple[str, ...]:
    scheme, colon, rest = iri.partition("://")
    if not colon or scheme.lower() not in {"http", "https"}:
        return (iri,)
    return iri, f"{'http' if scheme.lower() == 'https' else 'https'}://{rest}"


def _is_iri(iri: str) -> bool:
    try:
        return bool(NamedNode(iri))
    except ValueError:
        return False
