"""Addresses of this server, and those here that stand in for IRIs of the project."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from flask import current_app, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import BadRequest

from cdkg.vocabulary import BASE

#: The first parts of paths below `BASE` that IRIs have.
KINDS: Final = ("id", "ontology", "graph", "shapes", "query")
#: What may stand in the path of an IRI as it is (RFC 3986, section 3.3).
_SAFE: Final = "/:@!$&'()*+,;=~%"


def base() -> str:
    """The address of this server, with a slash at its end: as it was set, else as it was asked.

    Raises:
        BadRequest: The request's Host is none that an address can have.
    """
    address: str = current_app.config.get("BASE_URL") or request.url_root
    try:
        return NamedNode(address.rstrip("/") + "/").value
    except ValueError as error:
        raise BadRequest("the Host of the request is no address") from error


def own(iri: str) -> NamedNode | None:
    """The node of an IRI that is the project's, or None where it is not, or is none at all."""
    kind = iri.removeprefix(BASE).partition("/")[0]
    if not iri.startswith(BASE) or kind not in KINDS:
        return None
    try:
        return NamedNode(iri)
    except ValueError:
        return None


def spellings(path: str) -> list[str]:
    """The paths that IRIs may have where an address has this one, of which the escapes are taken out.

    An IRI may have a character as it is or escaped, and some only escaped (RFC 3987, section 2.2); an address has
    both in one form (section 3.1). What is escaped needlessly, or in part, is not found.
    """
    needed = re.sub(r"""[\x00-\x20<>"{}|\\^`%?#]""", lambda found: quote(found[0], ""), path)
    return list(dict.fromkeys((path, needed, quote(path, _SAFE.replace("%", "")))))


def page(iri: str) -> str:
    """The address to link to from a page: our page of an IRI of ours, another's own address, or nothing.

    Nothing but `http` and `https` is ever linked to: other schemes may run code.
    """
    whole, hash_, fragment = iri.partition("#")
    if own(whole):
        return beside(f"page/{whole.removeprefix(BASE)}") + hash_ + quote(fragment, _SAFE)
    scheme = urlsplit(iri).scheme if is_iri(iri) else ""
    return iri if scheme in {"http", "https"} else ""


def is_iri(iri: str) -> bool:
    """Whether a text has the syntax of an absolute IRI."""
    try:
        return bool(NamedNode(iri))
    except ValueError:
        return False


def beside(path: str) -> str:
    """The address of a path of this server: absolute where its address was set, else from its root."""
    root: str = current_app.config.get("BASE_URL", "").rstrip("/") or request.script_root
    return f"{root}/{quote(path, _SAFE)}"


def as_address(iri: str) -> str:
    """An IRI as a header may have it, in ASCII (RFC 3987, section 3.1)."""
    return quote(iri, _SAFE + "?#[]")
