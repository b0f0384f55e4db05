"""The literals of a dictionary: their datatypes, which have the same value, which are members of which datatype."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

import numpy as np
from pyoxigraph import Literal, NamedNode

from cdkg.reasoning.rl.columns import EMPTY, within
from cdkg.reasoning.rl.datatypes import DATATYPES, Space, Value, belongs, is_outside, literal_value, not_canonical
from cdkg.reasoning.rl.terms import Codes, Terms


class Literals:
    """What is known of some literals of a dictionary (OWL 2 Profiles, table 8).

    Args:
        terms: The dictionary.
        codes: The literals that stand in the graph.
    """

    def __init__(self, terms: Terms, codes: Codes) -> None:
        self.terms, self.codes = terms, codes
        self._values: dict[int, Value | None] = {}

    def value(self, code: int) -> Value | None:
        """The value of a literal; None where it is ill typed."""
        if code not in self._values:
            term = self.terms.term(code)
            self._values[code] = literal_value(term) if isinstance(term, Literal) else None
        return self._values[code]

    @cached_property
    def by_datatype(self) -> dict[str, list[int]]:
        """The literals that are written with a datatype, by its IRI; not plain strings and those with a language."""
        found: dict[str, list[int]] = defaultdict(list)
        names: dict[bytes, list[int]] = {}
        forms = self.terms.forms
        for code in self.codes[self.terms.is_typed(self.codes)].tolist():
            form = forms[code]
            name = form[form.rfind(b'"') + 4 : -1]
            if name not in names:
                names[name] = found[name.decode()]
            names[name].append(code)
        return found

    @cached_property
    def irregular(self) -> dict[str, list[int]]:
        """Literals of the datatype map that are not written in canonical form, or not surely so."""
        forms = self.terms.forms
        return {
            name: [codes[line] for line in not_canonical(b"\n".join([_lexical(forms[c]) for c in codes]), name)]
            for name, codes in self.by_datatype.items()
            if name in DATATYPES
        }

    @cached_property
    def _families(self) -> dict[Space, list[str]]:
        """The datatypes that occur, by the parts of the value space that their values lie in."""
        found: dict[Space, list[str]] = defaultdict(list)
        for name in self.irregular:
            for space in DATATYPES[name].spaces:
                found[space].append(name)
        return found

    def admit(self, codes: Codes) -> bool:
        """Take up more literals if it is clear at a glance that they are well typed and that none has a twin."""
        new = [code for code in codes.tolist() if code not in self._known]
        names = {code: self._datatype(code) for code in new}
        if not all(self._is_plain(code, name) for code, name in names.items()):
            return False
        for code, name in names.items():
            if name:
                self.by_datatype[name].append(code)
        self._known.update(new)
        self.codes = np.array(sorted(self._known), np.int64) if new else self.codes
        return True

    @cached_property
    def _known(self) -> set[int]:
        return set(self.codes.tolist())

    def _datatype(self, code: int) -> str:
        form = self.terms.forms[code]
        return form[form.rfind(b'"') + 4 : -1].decode() if form.endswith(b">") else ""

    def _is_plain(self, code: int, name: str) -> bool:
        if not name:
            return not (self._families[Space.STRING] or self._families[Space.TAGGED])
        if name not in DATATYPES:
            return True
        if name not in self.irregular or any(self._families[space] != [name] for space in DATATYPES[name].spaces):
            return False
        return not self.irregular[name] and not not_canonical(_lexical(self.terms.forms[code]), name)

    @cached_property
    def ill_typed(self) -> list[int]:
        """The literals that have no value."""
        return [code for codes in self.irregular.values() for code in codes if self.value(code) is None]

    @cached_property
    def same(self) -> tuple[Codes, Codes]:
        """Pairs of literals that have the same value and are written differently (dt-eq)."""
        pairs: list[tuple[int, int]] = []
        texts = [*dict.fromkeys([*self._families[Space.STRING], *self._families[Space.TAGGED]])]
        pairs += self._like_strings(texts)
        for space, names in self._families.items():
            if names and space not in (Space.STRING, Space.TAGGED) and (len(names) > 1 or self.irregular[names[0]]):
                pairs += self._of_family(names)
        if not pairs:
            return EMPTY, EMPTY
        both = np.array(pairs, np.int64)
        return both[:, 0], both[:, 1]

    def _of_family(self, names: list[str]) -> list[tuple[int, int]]:
        """The literals of the largest datatype are looked up by the others, and by its own irregular ones."""
        *others, largest = sorted(names, key=lambda name: len(self.by_datatype[name]))
        suffix = b'"^^<' + largest.encode() + b">"
        odd = {code for name in names for code in self.irregular[name]}
        first: dict[bytes, int] = {}
        pairs: list[tuple[int, int]] = []
        for code in (*(code for name in others for code in self.by_datatype[name]), *self.irregular[largest]):
            if code in odd:
                value = self.value(code)
                if value is None:
                    continue
                key = value.key.encode()
            else:
                key = _lexical(self.terms.forms[code])
            if key not in first:
                plain = self.terms.codes.get(b'"' + key + suffix, -1)
                first[key] = plain if plain >= 0 and within(np.array([plain]), self.codes)[0] else code
            if first[key] != code:
                pairs.append((first[key], code))
        return pairs

    def _like_strings(self, names: list[str]) -> list[tuple[int, int]]:
        """A token, or an `rdf:PlainLiteral`, is the same as the string, or the string with a language, of its value."""
        pairs: list[tuple[int, int]] = []
        first: dict[Value, int] = {}
        for code in (code for name in names for code in self.by_datatype[name]):
            value = self.value(code)
            if value is None:
                continue
            if value not in first:
                text, tag = (value.key, "") if value.space is Space.STRING else value.key.rsplit("@", 1)
                plain = self.terms.find(Literal(text, language=tag) if tag else Literal(text))
                first[value] = plain if within(np.array([plain]), self.codes)[0] else code
            if first[value] != code:
                pairs.append((first[value], code))
        return pairs

    def like(self, literal: Literal) -> int:
        """A literal of the same value; -1 where there is none."""
        value = literal_value(literal)
        if value is None:
            return -1
        for name in (name for name in self.irregular if value.space in DATATYPES[name].spaces):
            plain = self.terms.find(Literal(value.key, datatype=NamedNode(name)))
            found = [plain] if plain >= 0 and within(np.array([plain]), self.codes)[0] else []
            found += [code for code in self.irregular[name] if self.value(code) == value]
            if found:
                return found[0]
        return -1

    def members(self, datatype: str) -> Codes:
        """The literals whose value lies in a datatype's value space (dt-type2)."""
        codes, wanted = set(self.codes.tolist()), DATATYPES[datatype]
        found: list[int] = []
        for name, some in self.by_datatype.items():
            codes.difference_update(some)
            odd = set(self.irregular.get(name, some))
            if name in DATATYPES and wanted.iri in DATATYPES[name].within:
                found += [code for code in some if code not in odd or belongs(self.value(code), datatype)]
            elif name in DATATYPES and not DATATYPES[name].disjoint(wanted):
                found += [code for code in some if belongs(self.value(code), datatype)]
        if wanted.spaces & {Space.STRING, Space.TAGGED}:
            found += [code for code in codes if belongs(self.value(code), datatype)]
        return np.array(sorted(found), np.int64)

    def outside(self, codes: Codes, datatype: str) -> list[int]:
        """Those of some literals whose value is known not to lie in a datatype's value space (dt-not-type)."""
        suffix = b"^^<" + datatype.encode() + b">"
        odd = set(self.irregular.get(datatype, ()))
        forms = self.terms.forms
        return [
            code
            for code in codes.tolist()
            if (code in odd or not forms[code].endswith(suffix)) and is_outside(self.value(code), datatype)
        ]


def _lexical(form: bytes) -> bytes:
    return form[1 : form.rfind(b'"')]
