"""Countries by the names that people give them, and the divisions of countries whose names are known here.

Codes are those of ISO 3166-1; XK stands for Kosovo, as in GeoNames.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cdkg.linking.names import folded

#: Names in use beside those that GeoNames has.
_ALSO: Final = {
    "AE": "UAE|Emirates",
    "BA": "Bosnia|Bosnia-Herzegovina",
    "BN": "Brunei Darussalam",
    "BO": "Plurinational State of Bolivia",
    "BS": "The Bahamas",
    "CD": "DR Congo|DRC|Congo-Kinshasa|Congo (Kinshasa)|Democratic Republic of Congo|Zaire",
    "CG": "Congo|Congo-Brazzaville|Congo (Brazzaville)|Republic of Congo",
    "CI": "Cote d'Ivoire|Ivory Coast",
    "CN": "China|PRC|People's Republic of China|Mainland China",
    "CV": "Cape Verde|Cabo Verde",
    "CZ": "Czech Republic|Czechia",
    "DE": "Deutschland|Federal Republic of Germany",
    "DK": "Kingdom of Denmark|Danmark",
    "FM": "Micronesia|Federated States of Micronesia",
    "FR": "French Republic|Metropolitan France",
    "GB": "UK|U.K.|United Kingdom|Great Britain|Britain|United Kingdom of Great Britain and Northern Ireland",
    "GM": "The Gambia",
    "HK": "Hong Kong SAR",
    "IE": "Republic of Ireland|Eire",
    "IR": "Islamic Republic of Iran|Persia",
    "KP": "North Korea|DPRK|Democratic People's Republic of Korea",
    "KR": "South Korea|Republic of Korea|Korea",
    "LA": "Lao PDR|Lao People's Democratic Republic|Laos",
    "MD": "Republic of Moldova|Moldova",
    "MK": "Macedonia|Republic of Macedonia|FYROM|North Macedonia",
    "MM": "Burma|Myanmar",
    "MO": "Macau|Macao SAR",
    "NL": "Netherlands|The Netherlands|Holland|Kingdom of the Netherlands",
    "PH": "The Philippines",
    "PS": "Palestine|State of Palestine|Palestinian Territories|Palestinian Territory",
    "RU": "Russia|Russian Federation",
    "ST": "Sao Tome & Principe",
    "SY": "Syrian Arab Republic",
    "SZ": "Swaziland|Eswatini",
    "TL": "East Timor|Timor-Leste",
    "TR": "Turkey|Turkiye|Republic of Turkey",
    "TW": "Taiwan|Republic of China|Chinese Taipei",
    "TZ": "United Republic of Tanzania",
    "US": "USA|U.S.|U.S.A.|United States|United States of America|America",
    "VA": "Holy See|Vatican City",
    "VE": "Bolivarian Republic of Venezuela",
    "VN": "Viet Nam|Vietnam",
    "XK": "Kosovo|Republic of Kosovo",
}
#: Territories with a code of their own that tables often count to another country, or both ways round.
_COUNTED_TO: Final = {
    "AS": "US", "AW": "NL", "AX": "FI", "BL": "FR", "BM": "GB", "BQ": "NL", "CW": "NL", "EH": "MA", "FK": "GB",
    "FO": "DK", "GF": "FR", "GG": "GB", "GI": "GB", "GL": "DK", "GP": "FR", "GU": "US", "HK": "CN", "IM": "GB",
    "JE": "GB", "KY": "GB", "MF": "FR", "MO": "CN", "MP": "US", "MQ": "FR", "NC": "FR", "PF": "FR", "PM": "FR",
    "PR": "US", "PS": "IL", "RE": "FR", "SJ": "NO", "SX": "NL", "TC": "GB", "TW": "CN", "VG": "GB", "VI": "US",
    "WF": "FR", "XK": "RS", "YT": "FR",
}  # fmt: skip
#: Codes of first administrative divisions in GeoNames, with their names.
_DIVISIONS: Final = {
    "GB": {"ENG": "England", "SCT": "Scotland", "WLS": "Wales", "NIR": "Northern Ireland"},
    "CA": {
        "01": "Alberta", "02": "British Columbia", "03": "Manitoba", "04": "New Brunswick",
        "05": "Newfoundland and Labrador", "07": "Nova Scotia", "08": "Ontario", "09": "Prince Edward Island",
        "10": "Quebec", "11": "Saskatchewan", "12": "Yukon", "13": "Northwest Territories", "14": "Nunavut",
    },
    "AU": {
        "01": "Australian Capital Territory", "02": "New South Wales", "03": "Northern Territory", "04": "Queensland",
        "05": "South Australia", "06": "Tasmania", "07": "Victoria", "08": "Western Australia",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Countries:
    """What is known of countries and their first divisions.

    Attributes:
        codes: From folded names and codes to ISO 3166-1 alpha-2.
        names: From codes to names.
        divisions: From country and folded name or code of a division to the code of the division.
        division_names: From country and code of a division to its name.
    """

    codes: dict[str, str]
    names: dict[str, str]
    divisions: dict[tuple[str, str], str] = field(default_factory=dict)
    division_names: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Iterable[tuple[str, str, str]], states: Iterable[tuple[str, str]] = ()) -> Countries:
        """From the alpha-2, the alpha-3 and the name of each country, and code and name of each state of the US."""
        codes: dict[str, str] = {}
        names: dict[str, str] = {}
        for code, longer, name in known:
            names[code] = name
            codes |= {folded(form): code for form in (name, code, longer)}
        for code, others in _ALSO.items():
            codes |= {folded(form): code for form in others.split("|")}
        divisions: dict[tuple[str, str], str] = {}
        division_names: dict[tuple[str, str], str] = {}
        for country, table in (*_DIVISIONS.items(), ("US", dict(states))):
            for code, name in table.items():
                divisions |= {(country, folded(form)): code for form in (code, name)}
                division_names[country, code] = name
        return cls(codes, names, divisions, division_names)

    def read(self, text: str) -> tuple[str, str]:
        """Code of the country and of the division that a text names; empty where it names none."""
        name = folded(text)
        if name in self.codes:
            return self.codes[name], ""
        bare = name.removeprefix("the ").removeprefix("republic of ").removeprefix("kingdom of ")
        if bare in self.codes:
            return self.codes[bare], ""
        division = self.divisions.get(("GB", name), "")
        return ("GB", division) if division else ("", "")

    def division(self, country: str, text: str) -> str | None:
        """Code of a division by its name or code; None where the names of that country's divisions are not known."""
        return self.divisions.get((country, folded(text)))

    def place_of_division(self, text: str) -> tuple[str, str]:
        """Country and code of the division that a text names; empty where it is none or several."""
        name = folded(text)
        found = [(country, code) for (country, form), code in self.divisions.items() if form == name]
        return found[0] if len(found) == 1 else ("", "")


def counted_together(one: str, other: str) -> bool:
    """Whether tables count one of two codes to the other, as Puerto Rico to the United States."""
    return _COUNTED_TO.get(one) == other or _COUNTED_TO.get(other) == one
