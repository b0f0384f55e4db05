"""A slice of Wikidata for a server of the tests: twin towns of 2016 with names, and what the tests add."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Final

PREFIXES: Final = """@prefix wd: <http://www.wikidata.org/entity/> .
@prefix wds: <http://www.wikidata.org/entity/statement/> .
@prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix p: <http://www.wikidata.org/prop/> .
@prefix ps: <http://www.wikidata.org/prop/statement/> .
@prefix pq: <http://www.wikidata.org/prop/qualifier/> .
@prefix pqv: <http://www.wikidata.org/prop/qualifier/value/> .
@prefix pr: <http://www.wikidata.org/prop/reference/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix wikibase: <http://wikiba.se/ontology#> .
@prefix sdo: <http://schema.org/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
#: Cardiff is twinned with Xiamen; its items say so both, and the year since when; with Stuttgart for a second time;
#: with Nantes, whose own word is deprecated. Leeds names Brno, and is not named back, and an item that was merged into
#: Dortmund, whose label is for all languages. Bristol's twinning is deprecated, Birmingham has an unknown twin
#: and Xiamen, where the UCL report has none; Manchester was twinned with Wuhan, of which the day is known, and with
#: Chemnitz, of which it is not; it is a member, and so is a university, which is no place.
BY_HAND: Final = """
wd:Q145 wdt:P297 "GB" . wd:Q148 wdt:P297 "CN" . wd:Q183 wdt:P297 "DE" .
wd:Q515 wdt:P279 wd:Q486972 . wd:Q3918 wdt:P279 wd:Q43229 .
wd:Q10690 wdt:P17 wd:Q145 ; wdt:P31 wd:Q515 ; rdfs:label "Cardiff"@en , "Cardiff"@mul ; sdo:version 1234 .
wd:Q10690 wdt:P625 "Point(-0.0379 51.4815)"^^geo:wktLiteral , "Point(-3.179 51.4815)"^^geo:wktLiteral .
wd:Q10690 p:P190 wds:a , wds:o , wds:p , wds:q .
wds:a ps:P190 wd:Q68744 ; pq:P580 "1987-01-01T00:00:00Z"^^xsd:dateTime ; pqv:P580 wds:year ;
  prov:wasDerivedFrom <http://www.wikidata.org/reference/1> .
wds:year wikibase:timeValue "1987-01-01T00:00:00Z"^^xsd:dateTime ; wikibase:timePrecision 9 .
<http://www.wikidata.org/reference/1> pr:P854 <https://cardiff.example/twins> .
wds:o ps:P190 wd:Q1022 ; pq:P580 "1955-01-01T00:00:00Z"^^xsd:dateTime ; pq:P582 "1990-01-01T00:00:00Z"^^xsd:dateTime .
wds:p ps:P190 wd:Q1022 ; pq:P580 "2005-01-01T00:00:00Z"^^xsd:dateTime .
wd:Q1022 rdfs:label "Stuttgart"@en ; wdt:P17 wd:Q183 ; wdt:P625 "Point(9 48.77)"^^geo:wktLiteral ; p:P190 wds:r .
wds:r ps:P190 wd:Q10690 .
wds:q ps:P190 wd:Q12191 . wd:Q12191 rdfs:label "Nantes"@en ; p:P190 wds:s .
wds:s ps:P190 wd:Q10690 ; wikibase:rank wikibase:DeprecatedRank .
wd:Q68744 wdt:P17 wd:Q148 ; rdfs:label "Xiamen"@en ; p:P190 wds:b . wds:b ps:P190 wd:Q10690 .
wd:Q39121 wdt:P17 wd:Q145 ; wdt:P31 wd:Q515 ; rdfs:label "Leeds"@en ; sdo:version 99 ; p:P190 wds:c , wds:k .
wds:c ps:P190 wd:Q14960 . wd:Q14960 rdfs:label "Brno"@en .
wds:k ps:P190 wd:Q900 . wd:Q900 owl:sameAs wd:Q1295 . wd:Q1295 rdfs:label "Dortmund"@mul ; p:P190 wds:l .
wds:l ps:P190 wd:Q39121 .
wd:Q23154 wdt:P17 wd:Q145 ; wdt:P31 wd:Q515 ; rdfs:label "Bristol"@en ; p:P190 wds:d .
wds:d ps:P190 wd:Q148 ; wikibase:rank wikibase:DeprecatedRank .
wd:Q2256 wdt:P17 wd:Q145 ; wdt:P31 wd:Q515 ; p:P190 wds:e , wds:i , wds:t . wds:e ps:P190 _:unknown .
wds:i ps:P190 wd:Q68744 . wd:Q68744 p:P190 wds:j . wds:j ps:P190 wd:Q2256 .
wds:t ps:P190 wd:Q148 .
wd:Q18125 wdt:P17 wd:Q145 ; wdt:P31 wd:Q515 ; rdfs:label "Manchester"@en ; p:P190 wds:f , wds:m ; p:P463 wds:g , wds:u .
wds:f ps:P190 wd:Q11746 ; pq:P580 "1986-04-01T00:00:00Z"^^xsd:dateTime ; pq:P582 "2019-05-17T00:00:00Z"^^xsd:dateTime ;
  pqv:P580 wds:day .
wds:day wikibase:timeValue "1986-04-01T00:00:00Z"^^xsd:dateTime ; wikibase:timePrecision 11 .
wd:Q11746 rdfs:label "Wuhan"@en ; p:P190 wds:h . wds:h ps:P190 wd:Q18125 .
wds:m ps:P190 wd:Q2795 ; pq:P582 _:sometime . wd:Q2795 rdfs:label "Chemnitz"@en ; p:P190 wds:n .
wds:n ps:P190 wd:Q18125 .
wds:g ps:P463 wd:Q1376549 ; pq:P580 "1986-01-01T00:00:00Z"^^xsd:dateTime ; pq:P2868 wd:Q1 , wd:Q2 .
wds:u ps:P463 wd:Q1065 ; pq:P3831 wd:Q3 .
wd:Q1376549 rdfs:label "Eurocities"@en . wd:Q1 rdfs:label "founding member"@en . wd:Q3 rdfs:label "member"@mul .
wd:Q9 wdt:P17 wd:Q145 ; wdt:P31 wd:Q3918 ; rdfs:label "University"@en ; p:P463 wds:v .
wds:v ps:P463 wd:Q1376549 .
""" + "".join(f"wds:{each} wikibase:rank wikibase:NormalRank .\n" for each in "abcefghijklmnopqrtuv")


def external() -> Path | None:
    """The folder with data of others; None where it is not there."""
    folder = os.environ.get("CDKG_EXTERNAL", "")
    return Path(folder) if folder and (Path(folder) / "wikidata_p190_2016_pairs.tsv").is_file() else None


def pairs_as_turtle(folder: Path, code: str, most: int) -> str:
    """Twin towns of one country as Wikidata had them in 2016, in Wikidata's model."""
    with (folder / "geonames_wikidata_candidates.csv").open(encoding="utf-8", newline="") as file:
        places = {row["qid"] for row in csv.DictReader(file) if row["country_code"] == code}
    with (folder / "wikidata_p190_2016_names.tsv").open(encoding="utf-8", newline="") as file:
        names = {row["qid"]: row["label_en"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    with (folder / "wikidata_p190_2016_pairs.tsv").open(encoding="utf-8", newline="") as file:
        rows = [(row["subject_qid"], row["object_qid"]) for row in csv.DictReader(file, delimiter="\t")]
    told = [(a, b) for a, b in rows if a in places][:most]
    wanted = {key for pair in told for key in pair}
    back = [(a, b) for a, b in rows if (b, a) in set(told)]
    state = {"DE": "Q183", "GB": "Q145"}[code]
    lines = [PREFIXES, f'wd:{state} wdt:P297 "{code}" .']
    for number, key in enumerate(sorted(wanted & places), 1):
        lines.append(f"wd:{key} wdt:P17 wd:{state} ; wdt:P31 wd:Q486972 ; sdo:version {number} .")
    lines += [f'wd:{key} rdfs:label "{_escaped(names[key])}"@en .' for key in sorted(wanted) if names.get(key)]
    for a, b in dict.fromkeys([*told, *back]):
        statement = f"wds:{a}-{b}"
        lines.append(f"wd:{a} p:P190 {statement} . {statement} ps:P190 wd:{b} ; wikibase:rank wikibase:NormalRank .")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
