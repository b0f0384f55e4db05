"""Names of places as they are compared: without accents, case and punctuation, abbreviations written out.

What is folded is for comparison only and is never shown.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

#: Letters that Unicode does not take apart (Unicode Standard Annex 15 has no decomposition for them).
_LETTERS: Final = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h",
        "ŧ": "t", "ŋ": "ng", "ə": "a", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ơ": "o", "ư": "u", "&": " and ",
    }
)  # fmt: skip
_JOINED: Final = re.compile(r"['`\u2019\u2018\u02bc\u02bb\u02bf\u02be\u00b4\u2032\u00b7]")
_APART: Final = re.compile(r"[\W_]+")
#: Words and what they are short for, or what they are in one form for all languages; not where they end a name.
_WORDS: Final = {
    "st": "saint", "sankt": "saint", "sint": "saint", "snt": "saint", "ste": "sainte", "sta": "santa", "sto": "santo",
    "mt": "mount", "ft": "fort", "pt": "port",
}  # fmt: skip
_ABBREVIATED: Final = re.compile(rf"\b({'|'.join(_WORDS)}) (?=\w)")
_BRACKETS: Final = re.compile(r"[(\[{\uff08\u3010]([^()\[\]{}\uff08\uff09\u3010\u3011]*)[)\]}\uff09\u3011]")
_BEFORE: Final = re.compile(
    r"^(?:(?:the )?(?:greater )?(?:city|town|municipality|metropolis|borough|commune|district|county|village) of|"
    r"greater|stadt|landeshauptstadt|hansestadt|gemeinde|markt|ville de|commune de|comune di|citta di|ciudad de|"
    r"municipio de|concelho de|gmina|miasto|obec|mesto|grad|opcina|opstina|gorod|bashkia) (?=\w)"
)
_BEHIND: Final = re.compile(
    r"(?<=\w) (?:city|town|township|village|municipality|metropolitan city|district|borough|county|commune|"
    r"municipal district|urban area|metropolitan area|shi|si|gun|ilcesi|belediyesi|kommune|kommun|obshtina)$"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart.

    Attributes:
        full: All of it, folded.
        core: Without brackets, what stands behind a comma, and words such as "city of"; folded.
        qualifiers: What brackets and commas add, folded: a region, a country, a river.
    """

    full: str
    core: str
    qualifiers: tuple[str, ...] = ()


def folded(text: str) -> str:
    """A text as it is compared: small letters without accents, words with single spaces, `St.` as `saint`."""
    text = text.casefold()
    if not text.isascii():
        text = unaccented(text).translate(_LETTERS)
    elif text.isalpha():
        return text
    else:
        text = text.replace("&", " and ")
    plain = _APART.sub(" ", _JOINED.sub("", text)).strip()
    return _ABBREVIATED.sub(lambda found: _WORDS[found[1]] + " ", plain) if " " in plain else plain


def unaccented(text: str) -> str:
    """A text without its accents, its letters taken apart (NFKD)."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def taken_apart(text: str) -> Name:
    """A name with its core and what qualifies it, as in `Birmingham, Alabama` and `Halle (Saale)`."""
    full = folded(text)
    bracketed = [folded(inner) for inner in _BRACKETS.findall(text)]
    head, *rest = _BRACKETS.sub(" ", text).split(",")
    core = _without_kind(folded(head)) or full
    qualifiers = (found for found in (*bracketed, *(folded(part) for part in rest)) if found)
    return Name(full, core, tuple(dict.fromkeys(qualifiers)))


def _without_kind(name: str) -> str:
    """A folded name without the words that say what kind of place it is."""
    return _BEHIND.sub("", _BEFORE.sub("", name)) or name
