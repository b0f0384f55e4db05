"""A little gazetteer for tests: real places, of which several share a name."""

from __future__ import annotations

from typing import Final

from cdkg.linking.countries import Countries
from cdkg.linking.gazetteer import Gazetteer
from cdkg.linking.places import Kind, Place

COUNTRIES: Final = Countries.of(
    [
        ("GB", "GBR", "United Kingdom"), ("US", "USA", "United States"), ("CR", "CRI", "Costa Rica"),
        ("DE", "DEU", "Germany"), ("FR", "FRA", "France"), ("CN", "CHN", "China"), ("HK", "HKG", "Hong Kong"),
        ("CA", "CAN", "Canada"), ("PR", "PRI", "Puerto Rico"), ("IT", "ITA", "Italy"),
    ],
    [("AL", "Alabama"), ("MA", "Massachusetts"), ("IL", "Illinois"), ("MO", "Missouri"), ("CA", "California")],
)  # fmt: skip

_ROWS: Final = """
1 Cambridge|GB|ENG|52.2|0.12|145674|Kantabrigia
2 Cambridge|US|MA|42.37|-71.11|110402|
3 Cambridge|CA|08|43.36|-80.31|129920|
4 Springfield|US|IL|39.8|-89.64|114394|
5 Springfield|US|MO|37.21|-93.29|170188|
6 Springfield|US|MA|42.1|-72.59|154341|
7 San José|CR|08|9.93|-84.08|335007|San Jose
8 San José|CR|01|10.0|-84.1|31430|
9 San Jose|US|CA|37.33|-121.89|1026908|San José
10 Birmingham|GB|ENG|52.48|-1.9|1157603|Brum
11 Birmingham|US|AL|33.52|-86.8|196357|
12 Frankfurt am Main|DE|05|50.11|8.68|650000|Frankfurt
13 Frankfurt (Oder)|DE|11|52.34|14.55|57107|
14 Köln|DE|07|50.93|6.95|963395|Cologne;Colonia;Koeln
15 Saint-Denis|FR|11|48.93|2.35|113116|St. Denis
16 Leeds|GB|ENG|53.79|-1.54|536280|
17 Sheffield|GB|ENG|53.38|-1.46|556500|
18 Hong Kong|HK||22.28|114.17|7396076|
19 San Juan|PR|127|18.46|-66.1|342259|
20 Newcastle upon Tyne|GB|ENG|54.97|-1.61|300125|Newcastle
"""


def place(row: str) -> Place:
    """A place from `number name|country|region|latitude|longitude|inhabitants|other names`."""
    number, _, rest = row.partition(" ")
    name, country, region, latitude, longitude, population, others = rest.split("|")
    return Place(
        iri=f"https://sws.geonames.org/{number}/", name=name, country=country, region=region,
        others=tuple(filter(None, others.split(";"))), latitude=float(latitude), longitude=float(longitude),
        population=int(population),
    )  # fmt: skip


def little_gazetteer(*more: Place) -> Gazetteer:
    """The places above, two countries, and more."""
    rows = [place(row) for row in _ROWS.strip().splitlines()]
    countries = [
        Place(
            iri="https://sws.geonames.org/91/",
            name="United Kingdom",
            country="GB",
            population=66488991,
            kind=Kind.COUNTRY,
        ),
        Place(
            iri="https://sws.geonames.org/92/", name="Hong Kong", country="HK", population=7491609, kind=Kind.COUNTRY
        ),
    ]
    return Gazetteer.of([*rows, *countries, *more], COUNTRIES, "a little gazetteer")
