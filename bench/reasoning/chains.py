"""Each property chain on a property of its own, for engines that keep only one chain of a property."""

from __future__ import annotations

from typing import Final

_AXIOM: Final = b"<http://www.w3.org/2002/07/owl#propertyChainAxiom>"
_BELOW: Final = b"<http://www.w3.org/2000/01/rdf-schema#subPropertyOf>"
_OWN: Final = "urn:bench:chain:"


def with_own_chains(data: bytes) -> bytes:
    """The graph with a new subproperty for each chain; what it entails is the same but for those subproperties."""
    lines: list[bytes] = []
    for line in data.splitlines(keepends=True):
        if _AXIOM in line:
            owner, _, chain = line.split(b" ", 2)
            own = f"<{_OWN}{len(lines)}>".encode()
            lines += [b"%b %b %b" % (own, _AXIOM, chain), b"%b %b %b .\n" % (own, _BELOW, owner)]
        else:
            lines.append(line)
    return b"".join(lines)


def is_of_chain(line: str) -> bool:
    """Whether a triple is about such a subproperty."""
    return _OWN in line
