"""Files as nobody should write them, and odd ones that are valid: what `test_bad_files` reads."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "@prefix : <http://example.org/> .\n"
RDF: Final = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/">'
GOOD: Final = '<http://example.org/good> <http://example.org/p> "good" .'
VOCABULARY: Final = '"@context": {"@vocab": "http://example.org/"}'
LFS: Final = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 12345\n"
#: A document type with the entities `a0` (ten letters), `a1` (ten of these) and so on.
BOMB: Final = (
    "<!DOCTYPE rdf:RDF [\n<!ENTITY a0 'aaaaaaaaaa'>\n".replace("'", '"')
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">\n' for n in range(1, 9))
    + f"]>\n{RDF}\n<e:C><e:p>&a8;</e:p></e:C></rdf:RDF>"
)


@dataclass(frozen=True)
class Bad:
    """A file that is not valid: its name, content, and the line and column of its first fault."""

    name: str
    content: str | bytes
    line: int | None
    column: int | None = None


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.ttl", GOOD)
    return packed.getvalue()


ENCODINGS: Final = {
    "binary": Bad("a.ttl", bytes(range(128, 256)) * 9, 1, 1),
    "random bytes in the middle": Bad("a.ttl", PREFIX.encode() + b":a :b \xff\xfe\xfd .", 2, 7),
    "UTF-16 with a mark": Bad("a.ttl", (PREFIX + ":a :b 1 .").encode("utf-16"), 1, 1),
    "UTF-16 little endian": Bad("a.ttl", (PREFIX + ":a :b 1 .").encode("utf-16-le"), 1, 1),
    "UTF-16 big endian": Bad("a.nt", GOOD.encode("utf-16-be"), 1, 1),
    "UTF-16 in XML": Bad("a.rdf", f'<?xml version="1.0" encoding="UTF-16"?>{RDF}</rdf:RDF>'.encode("utf-16"), 1, 1),
    "UTF-16 in JSON": Bad("a.jsonld", '{"@id": "http://example.org/a"}'.encode("utf-16"), 1, 1),
    "UTF-32": Bad("a.ttl", PREFIX.encode("utf-32"), 1, 1),
    "Latin-1": Bad("a.ttl", PREFIX.encode() + ':a :b "Zürich" .'.encode("latin-1"), 2, 9),
    "Latin-1 in JSON": Bad("a.jsonld", '{"@id":\n"http://example.org/é"}'.encode("latin-1"), 2, 21),
    "Latin-1 in XML": Bad("a.rdf", f"{RDF}\n<e:C><e:p>é</e:p></e:C></rdf:RDF>".encode("latin-1"), 2, 11),
    "Latin-1 that XML declares": Bad(
        "a.rdf", f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{RDF}<e:C e:p="é"/></rdf:RDF>'.encode("latin-1"), 2
    ),
    "another encoding that XML declares, in ASCII": Bad(
        "a.rdf", f'<?xml version="1.0" encoding="ISO-8859-1"?>{RDF}</rdf:RDF>', 1, 1
    ),
    "cut within a character": Bad("a.ttl", (PREFIX + ':a :b "ü').encode()[:-1], 2, 8),
    "a surrogate as bytes": Bad("a.nt", b'<http://e/a> <http://e/b> "\xed\xa0\x80" .', 1, 28),
    "two marks": Bad("a.ttl", codecs.BOM_UTF8 * 2 + PREFIX.encode(), 1, 1),
    "gzip": Bad("a.ttl", gzip.compress(GOOD.encode()), 1, 1),
    "gzip of XML": Bad("a.rdf", gzip.compress(RDF.encode()), 1, 1),
    "zip": Bad("a.ttl", _zip(), 1, 1),
    "bzip2": Bad("a.nt", bz2.compress(GOOD.encode()), 1, 1),
    "xz": Bad("a.jsonld", lzma.compress(GOOD.encode()), 1, 1),
    "a picture": Bad("a.ttl", b"\x89PNG\r\n\x1a\n" + bytes(99), 1, 1),
    "a PDF document": Bad("a.ttl", b"%PDF-1.7\n%\xe2\xe3", 1, 1),
    "NUL outside strings": Bad("a.ttl", PREFIX + ":a \0 :b 1 .", 2, 4),
    "NULs only": Bad("a.ttl", bytes(5000), 1, 1),
    "NUL in XML": Bad("a.rdf", f"{RDF}\n<e:C><e:p>\0</e:p></e:C></rdf:RDF>", 2, 11),
    "a control character in XML": Bad("a.rdf", f"{RDF}\n<e:C><e:p>\x0b</e:p></e:C></rdf:RDF>", 2, 11),
}
TURTLE: Final = {
    "cut in the middle": Bad("a.ttl", PREFIX + ":a :b :c ;\n  :d ", 3),
    "cut in a string": Bad("a.ttl", PREFIX + ':a :b "abc', 2),
    "cut in a long string": Bad("a.ttl", PREFIX + ':a :b """abc\n\n\n', 2),
    "cut in an IRI": Bad("a.ttl", PREFIX + ":a :b <http://exam", 2),
    "cut in a blank node": Bad("a.ttl", PREFIX + ":a :b [ :c :d", 2),
    "cut in a list": Bad("a.ttl", PREFIX + ":a :b ( 1 2", 2),
    "unknown prefix": Bad("a.ttl", PREFIX + "\ncity:a :b 1 .", 3, 1),
    "space in an IRI": Bad("a.ttl", PREFIX + ":a :b <http://example.org/a b> .", 2),
    "a language tag of digits": Bad("a.ttl", PREFIX + ':a :b "x"@123 .', 2),
    "a language tag that is too long": Bad("a.ttl", PREFIX + ':a :b "x"@en-muchtoolong .', 2),
    "a surrogate escape": Bad("a.ttl", PREFIX + ':a :b "\\uD800" .', 2),
    "a surrogate escape in N-Triples": Bad("a.nt", '<http://e/a> <http://e/b> "\\uD800" .', 1),
    "a code point that is none": Bad("a.ttl", PREFIX + ':a :b "\\U00110000" .', 2),
    "a bad escape": Bad("a.ttl", PREFIX + ':a :b "C:\\data" .', 2),
    "a lone CR ends a line": Bad("a.ttl", PREFIX + ":a :b 1 .\r:a :b x .\r", 3, 7),
    "CRLF ends a line": Bad("a.ttl", PREFIX + ":a :b 1 .\r\n:a :b x .\r\n", 3, 7),
    "columns are characters": Bad("a.ttl", PREFIX + ':a :b "é𝕏" , x .', 2, 14),
    "a prefix without a colon": Bad("a.ttl", "@prefix ex <http://example.org/> .\nex:a a ex:B .", 1),
    "a literal as subject": Bad("a.ttl", PREFIX + '"x" :b 1 .', 2, 1),
    "a git conflict": Bad("a.ttl", PREFIX + "<<<<<<< HEAD\n:a :b 1 .\n=======\n:a :b 2 .\n>>>>>>> other\n", 2, 1),
    "a git conflict in N-Triples": Bad("a.nt", f"{GOOD}\n<<<<<<< HEAD\n{GOOD}\n=======\n>>>>>>> other\n", 2, 1),
    "Turtle in .nt": Bad("a.nt", PREFIX + ":a :b 1 .", 1, 1),
    "TriG in .ttl": Bad("a.ttl", PREFIX + ":g { :a :b 1 }", 2, 4),
    "TriG in .n3": Bad("a.n3", PREFIX + ":g { :a :b 1 }", 2),
    "N-Quads in .nt": Bad("a.nt", "<http://e/a> <http://e/b> <http://e/c> <http://e/g> .", 1, 27),
    "N-Triples with one line of Turtle": Bad("a.nt", f"{GOOD}\n<http://e/a> <http://e/b> 1 .\n{GOOD}", 2, 27),
    "N-Triples with a line break in a string": Bad("a.nt", f'{GOOD}\n<http://e/a> <http://e/b> "x\ny" .\n', 2, 27),
    "a mark before a name": Bad("a.ttl", PREFIX + ":a :b 1 .\n\ufeff:c :d 2 .", 3, 1),
    "a mark before a declaration": Bad("a.ttl", f"{PREFIX}:a :b 1 .\n\ufeff{PREFIX}", 3, 1),
    "a mark between terms": Bad("a.ttl", PREFIX + ":a :b \ufeff 1 .", 2, 7),
    "a mark in N-Triples": Bad("a.nt", f"{GOOD}\n\ufeff{GOOD}", 2, 1),
    "what points to a file of git LFS": Bad("a.ttl", LFS, 1, 1),
    "the same in N-Triples": Bad("a.nt", LFS, 1, 1),
    "a date without quotes": Bad("a.ttl", PREFIX + ":a :b 1 ;\n  :c 2020-01-01 .", 3, 6),
    "a month without quotes": Bad("a.ttl", PREFIX + ":a :b 2020-05 , 1 .", 2, 7),
    "a time without quotes": Bad("a.ttl", PREFIX + ":a :b 2020-01-01T10:00:00Z .", 2, 7),
    "a path of Windows": Bad("a.ttl", PREFIX + ":a :b <C:\\data\\users> .", 2, 7),
    "XML in .ttl": Bad("a.ttl", f'<?xml version="1.0"?>\n{RDF}</rdf:RDF>', 1, 1),
    "XML in .nt": Bad("a.nt", f"{RDF}</rdf:RDF>", 1, 1),
    "JSON in .ttl": Bad("a.ttl", '{"@id": "http://example.org/a"}', 1, 1),
    "an HTML page in .ttl": Bad("a.ttl", "\n<!DOCTYPE html>\n<html><body>404</body></html>", 2, 1),
    "an HTML page without type in .ttl": Bad("a.ttl", "<html>\n<head></head><body>404</body></html>", 1, 1),
    "a table": Bad("a.ttl", "name,country,year\nZürich,CH,2001\n", 1, 1),
    "prose": Bad("a.ttl", "404: Not Found", 1),
    "a YAML file": Bad("a.ttl", "---\nname: x\n", 1),
    "a shell message": Bad("a.nt", "curl: (6) Could not resolve host", 1, 1),
    "SPARQL": Bad("a.ttl", "SELECT * WHERE { ?s ?p ?o }", 1),
    "quads in Turtle's braces": Bad("a.trig", PREFIX + ":g { :a :b }", 2),
    "TriG without a closing brace": Bad("a.trig", PREFIX + ":g { :a :b 1 .", 2),
    "N-Quads with five terms": Bad("a.nq", f"{GOOD}\n" + "<http://e/a> " * 5 + ".", 2),
    "N-Triples over two lines": Bad("a.nt", f"{GOOD}\n<http://e/a> <http://e/b>\n", 2),
    "formulas of N3": Bad("a.n3", PREFIX + "{ ?a :b ?c } => { ?c :b ?a } .", 2, 1),
    "N3 that is cut": Bad("a.n3", PREFIX + ":a :b ", 2),
    "500,000 opening brackets": Bad("a.ttl", PREFIX + ":a :b " + "[ :p " * 100_000, 2),
    "closing brackets": Bad("a.ttl", PREFIX + ":a :b " + "]" * 1000 + " .", 2, 7),
    "3,000 nested triple terms": Bad("a.ttl", PREFIX + ":a :b " + "<<( :x :p " * 3000 + ":x" + " )>>" * 3000 + " .", 2),
    "100,000 nested triple terms": Bad(
        "a.nt", "<http://e/a> <http://e/b> " + "<<( <http://e/x> <http://e/p> " * 100_000 + "<http://e/x>", 1
    ),
    "triple terms behind an escaped hash": Bad("a.ttl", PREFIX + ":a\\# :b " + "<<( :x :p " * 100_000, 2),
    "a literal of 20 MB": Bad("a.ttl", PREFIX + f':a :b "{"x" * 20_000_000}" .', 2, 7),
    "an integer of 20 MB": Bad("a.ttl", PREFIX + f":a :b {'9' * 20_000_000} .", 2, 7),
    "a string of 20 MB that is not closed": Bad("a.ttl", PREFIX + f':a :b """{"x" * 20_000_000}', 2, 7),
    "a prefix that is cut": Bad("a.ttl", "@prefix", 1),
}
XML: Final = {
    "cut in the middle": Bad("a.rdf", f"{RDF}\n<e:C>\n<e:p>x", 3),
    "cut in a tag": Bad("a.rdf", f"{RDF}\n<e:C e:p='x", 2, 1),
    "tags that do not match": Bad("a.owl", f"{RDF}\n<e:C></e:D></rdf:RDF>", 2),
    "an unknown prefix": Bad("a.rdf", f"{RDF}\n<x:C/></rdf:RDF>", 2, 1),
    "an ampersand": Bad("a.rdf", f"{RDF}\n<e:C><e:p>a & b</e:p></e:C></rdf:RDF>", 2),
    "an unknown entity": Bad("a.rdf", f"{RDF}\n<e:C><e:p>&uuml;</e:p></e:C></rdf:RDF>", 2),
    "the same attribute twice": Bad("a.rdf", f'{RDF}\n<e:C e:p="1" e:p="2"/></rdf:RDF>', 2),
    "two roots": Bad("a.rdf", f"{RDF}</rdf:RDF>\n<e:C/>", 2),
    "text after the end": Bad("a.rdf", f"{RDF}</rdf:RDF>\nabc", 2, 1),
    "a space in an IRI": Bad("a.rdf", f'{RDF}\n  <e:C rdf:about="http://e/a b"/></rdf:RDF>', 2, 3),
    "a name that is no node": Bad("a.rdf", f"{RDF}\n<e:C>\n    <rdf:RDF/></e:C></rdf:RDF>", 3, 5),
    "an ID twice": Bad("a.rdf", f'{RDF}\n<e:C rdf:ID="a"/>\n<e:C rdf:ID="a"/></rdf:RDF>', 3, 1),
    "an ID that is no name": Bad("a.rdf", f'{RDF}\n<e:C rdf:ID="1 2"/></rdf:RDF>', 2, 1),
    "an HTML page": Bad("a.rdf", "<!DOCTYPE html>\n<html><body><p>404</body></html>", 1, 1),
    "another XML": Bad("a.rdf", "<feed><entry>1</entry></feed>", 1, 1),
    "Turtle": Bad("a.rdf", PREFIX + ":a :b 1 .", 1, 1),
    "JSON": Bad("a.owl", '{"@id": "http://e/a"}', 1, 1),
    "an attribute without prefix": Bad("a.rdf", f'{RDF}\n<e:C\nabout="http://e/x"/></rdf:RDF>', 3, 1),
    "another one": Bad("a.rdf", f'{RDF}\n<e:C><e:p resource="http://e/x"/></e:C></rdf:RDF>', 2, 11),
    "an element without namespace": Bad("a.rdf", f"{RDF}\n <C/></rdf:RDF>", 2, 2),
    "a mark in the middle": Bad("a.rdf", f"{RDF}\n\ufeff<e:C/></rdf:RDF>", 2, 1),
    "what points to a file of git LFS": Bad("a.rdf", LFS, 1, 1),
    "a path of Windows": Bad("a.rdf", f'{RDF}\n<e:C rdf:about="C:\\x"/></rdf:RDF>', 2, 1),
    "a git conflict": Bad("a.rdf", f"{RDF}\n<<<<<<< HEAD\n<e:C/>\n=======\n>>>>>>> b\n</rdf:RDF>", 2, 1),
    "an entity within another, nine times": Bad("a.rdf", BOMB, 12, 1),
    "a long entity, a thousand times": Bad(
        "a.rdf",
        f'<!DOCTYPE r [<!ENTITY a "{"a" * 100_000}">]>\n{RDF}<e:C><e:p>{"&a;" * 1000}</e:p></e:C></rdf:RDF>',
        2,
        1,
    ),
    "an entity that is itself": Bad("a.rdf", f'<!DOCTYPE r [\n<!ENTITY a "&a;">]>{RDF}</rdf:RDF>', 2),
    "entities in a circle": Bad(
        "a.rdf", f'<!DOCTYPE r [<!ENTITY a "&b;">\n<!ENTITY b "&a;">]>{RDF}<e:C e:p="&a;"/></rdf:RDF>', None
    ),
    "an entity elsewhere": Bad(
        "a.rdf", f'<!DOCTYPE r [\n<!ENTITY x SYSTEM "file:///etc/hostname">]>{RDF}<e:C>&x;</e:C></rdf:RDF>', 2
    ),
    "a parameter entity": Bad("a.rdf", f'<!DOCTYPE r [\n<!ENTITY % x "y">]>{RDF}</rdf:RDF>', 2),
    "a distant parameter entity": Bad("a.rdf", f'<!DOCTYPE r [\n<!ENTITY % x SYSTEM "http://e/">]>{RDF}</rdf:RDF>', 2),
    "100,000 elements that are not closed": Bad("a.rdf", RDF + "<e:C><e:p>" * 50_000, 1),
}  # fmt: skip
JSON: Final = {
    "cut in the middle": Bad("a.jsonld", '{"@id": "http://e/a",\n"http://e/p": [1, 2', 2, 20),
    "a comma too many": Bad("a.jsonld", '{\n"@id": "http://e/a",\n}', 3, 1),
    "a number": Bad("a.jsonld", "\n 1", 2, 2),
    "a string": Bad("a.jsonld", '"x"', 1, 1),
    "null": Bad("a.jsonld", "null", 1, 1),
    "a mark in the middle": Bad("a.jsonld", '{"@id": "http://e/a",\n\ufeff"http://e/p": 1}', 2, 1),
    "what points to a file of git LFS": Bad("a.jsonld", LFS, 1, 1),
    "single quotes": Bad("a.jsonld", "{\n 'a': 1}", 2, 2),
    "a comment": Bad("a.jsonld", '{\n// who\n"a": 1}', 2, 1),
    "not a number": Bad("a.jsonld", '{"http://e/p":\n NaN}', 2),
    "two documents": Bad("a.jsonld", "{}\n{}", 2, 1),
    "prose": Bad("a.jsonld", "404: Not Found", 1),
    "an HTML page": Bad("a.jsonld", "<!DOCTYPE html>\n<html></html>", 1, 1),
    "Turtle": Bad("a.jsonld", PREFIX + ":a :b 1 .", 1, 1),
    "XML": Bad("a.jsonld", f"{RDF}</rdf:RDF>", 1, 1),
    "a context elsewhere": Bad("a.jsonld", '{\n"@context": "https://schema.org",\n"@id": "http://e/a"}', 2, 13),
    "contexts elsewhere, in a list": Bad("a.jsonld", '{"@context": [{},\n "https://e/c"], "@id": "http://e/a"}', 2, 2),
    "a context elsewhere, in a node": Bad(
        "a.jsonld", '{"http://e/p": [\n{"@id": "http://e/a"},\n{"@context": "c.jsonld", "p": 1}]}', 3, 14
    ),
    "a context elsewhere, imported": Bad("a.jsonld", '{"@context": {"p": null,\n"@import": "https://e/c"}}', 2, 12),
    "an id that is a number": Bad("a.jsonld", '{\n"@id": 1}', 2, 1),
    "the second id is a number": Bad("a.jsonld", '[{"@id": "http://e/a"},\n{"@id": 1}]', 2, 2),
    "two ids": Bad("a.jsonld", '{"@id": "http://e/a",\n"@id": "http://e/b"}', 2, 1),
    "terms in a circle": Bad("a.jsonld", '{\n"@context": {"a": "b:x", "b": "a:x"}, "a": 1}', 2, 1),
    "a value that is an object": Bad("a.jsonld", '{"http://e/p":\n{"@value": {}}}', 2, 2),
    "half a character": Bad("a.jsonld", '{"@id": "http://e/a",\n"http://e/p": "\\uD800"}', 2, 16),
    "100,000 nested objects": Bad("a.jsonld", f'{{{VOCABULARY}, "p":' + '{"p":' * 100_000 + "1" + "}" * 100_001, 1),
    "100,000 nested arrays": Bad("a.jsonld", f'{{{VOCABULARY}, "p":' + "[" * 100_000 + "1" + "]" * 100_000 + "}", 1),
    "100,000 opening brackets": Bad("a.jsonld", "[" * 100_000, 1),
    "a string of 20 MB": Bad("a.jsonld", f'{{{VOCABULARY},\n"p": "{"x" * 20_000_000}"}}', 2, 6),
}  # fmt: skip
BAD: Final = {
    f"{kind}: {name}": bad
    for kind, cases in (("encoding", ENCODINGS), ("turtle", TURTLE), ("xml", XML), ("json", JSON))
    for name, bad in cases.items()
}


#: Files that are valid, odd as they are, with the number of their triples.
VALID: Final[dict[str, tuple[str, str | bytes, int]]] = {
    "nothing": ("a.ttl", "", 0),
    "nothing, as JSON": ("a.jsonld", "", 0),
    "nothing, as XML": ("a.rdf", "", 0),
    "white space": ("a.nq", " \n\t\r\n", 0),
    "comments": ("a.ttl", "# nothing\n# yet", 0),
    "a mark and nothing": ("a.ttl", codecs.BOM_UTF8, 0),
    "a mark": ("a.ttl", codecs.BOM_UTF8 + GOOD.encode(), 1),
    "a mark before XML": ("a.rdf", codecs.BOM_UTF8 + f"{RDF}<e:C/></rdf:RDF>".encode(), 1),
    "a mark before JSON": ("a.jsonld", codecs.BOM_UTF8 + b'{"@id": "http://e/a", "http://e/p": 1}', 1),
    "an XML comment": ("a.rdf", "<!-- nothing yet -->", 0),
    "no context": ("a.jsonld", '{"name": "Zürich"}', 0),
    "a prefix twice": ("a.ttl", PREFIX + PREFIX + ":a :b 1 .", 1),
    "a relative IRI": ("a.ttl", "<a> <b> <c> .", 1),
    "an IRI that runs": ("a.ttl", PREFIX + ":a :b <javascript:alert(1)> .", 1),
    "an IRI of 1 MB": ("a.ttl", PREFIX + f":a :b <http://e/{'x' * 1_000_000}> .", 1),
    "an integer of 100,000 digits": ("a.ttl", PREFIX + f":a :b {'9' * 100_000} .", 1),
    "the same in JSON": ("a.jsonld", f'{{"@id": "http://e/a", "http://e/p": {"9" * 100_000}}}', 1),
    "a literal of 10 MB": ("a.ttl", PREFIX + f':a :b "{"x" * 10_000_000}" .', 1),
    "NUL in a string": ("a.ttl", PREFIX + ':a :b "\0" .', 1),
    "3,000 nested blank nodes": ("a.ttl", PREFIX + ":a :b " + "[ :p " * 3000 + ":x" + " ]" * 3000 + " .", 3001),
    "100,000 of them": ("a.ttl", PREFIX + ":a :b " + "[ :p " * 100_000 + ":x" + " ]" * 100_000 + " .", 100_001),
    "100,000 in TriG": ("a.trig", PREFIX + "{:a :b " + "[ :p " * 100_000 + ":x" + " ]" * 100_000 + "}", 100_001),
    "3,000 nested lists": ("a.ttl", PREFIX + ":a :b " + "(" * 3000 + ":x" + ")" * 3000 + " .", 6001),
    "100,000 of these": ("a.ttl", PREFIX + ":a :b " + "(" * 100_000 + ":x" + ")" * 100_000 + " .", 200_001),
    "400 nested triple terms": ("a.ttl", PREFIX + ":a :b " + "<<( :x :p " * 400 + ":x" + " )>>" * 400 + " .", 1),
    "signs of triple terms in a string": ("a.ttl", PREFIX + ':a :b "' + "<<( " * 1000 + '" .', 1),
    "3,000 nested elements": ("a.rdf", f"{RDF}{'<e:C><e:p>' * 1500}<e:C/>{'</e:p></e:C>' * 1500}</rdf:RDF>", 3001),
    "3,000 attributes": ("a.rdf", RDF + "<e:C " + " ".join(f'e:p{n}="x"' for n in range(3000)) + "/></rdf:RDF>", 3001),
    "3,000 nested arrays": ("a.jsonld", f'{{{VOCABULARY},"@id":"x:a","p":' + "[" * 3000 + "1" + "]" * 3000 + "}", 1),
    "500 nested objects": ("a.jsonld", f'{{{VOCABULARY},"@id":"x:a","p":' + '{"p":' * 500 + "1" + "}" * 501, 501),
    "entities as ontology editors write them": (
        "a.owl",
        '<!DOCTYPE rdf:RDF [\n<!ENTITY owl "http://www.w3.org/2002/07/owl#" >\n<!ENTITY on "&owl;x" >\n]>\n'
        + RDF + '<rdf:Description rdf:about="&on;"><rdf:type rdf:resource="&owl;Class"/></rdf:Description></rdf:RDF>',
        1,
    ),
    "a document type elsewhere": ("a.rdf", f'<!DOCTYPE rdf:RDF SYSTEM "http://e/none.dtd">{RDF}<e:C/></rdf:RDF>', 1),
    "300,000 triples in one line": ("a.ttl", PREFIX + ":a :b 1 . " * 300_000, 300_000),
    "dates and numbers in a list": ("a.ttl", PREFIX + ':a :b ( 2020-01-01 ) , "2020-01-01" .', 8),
    "a drive in an IRI": ("a.ttl", PREFIX + ":a :b <C:/x> , <C:\\u0041> .", 2),
    "an array of nothing": ("a.jsonld", "[]", 0),
    "conflict markers in a string": ("a.ttl", PREFIX + ':a :b """\n<<<<<<< HEAD\n=======\n>>>>>>> b\n""" .', 1),
    "HTML in a string": ("a.ttl", PREFIX + ':a :b "<!DOCTYPE html><html>" .', 1),
}  # fmt: skip

#: A valid document of each syntax, to be broken at random.
WHOLE: Final = {
    ".ttl": PREFIX + ':a a :B ; :c -2.5 , "x"@en-GB , """long\ntext""" ; :d [ :e ( 1 "é"^^:t ) ] .\r\n<r> :p :q .',
    ".trig": PREFIX + ":g { :a :b 1 , [ :c 'x' ] } GRAPH :h { :a :b <x> . }\n{ :a :b true }",
    ".nt": '<http://e/a> <http://e/b> "x\\u00e9"@en . # c\n_:a <http://e/b> _:c .\n',
    ".nq": '<http://e/a> <http://e/b> "x"^^<http://e/t> <http://e/g> .\n',
    ".n3": PREFIX + ":a :b [ :c 1 ] . :a = :b .",
    ".rdf": '<!DOCTYPE r [<!ENTITY owl "http://o/">]>\n' + RDF + '\n<e:C rdf:about="x:a"><e:p rdf:datatype="&owl;x">1'
    ' &amp; 2</e:p><e:q rdf:parseType="Collection"><e:D/><e:E rdf:ID="k"/></e:q></e:C></rdf:RDF>',
    ".jsonld": f'{{{VOCABULARY},\n"@graph": [{{"@id": "x:a", "@type": "C", "p": [1, null, {{"@value": "x"}}]}}]}}',
}  # fmt: skip
#: What somebody may type or paste into one.
SCRAPS: Final = (
    b'"', b"'", b'"""', b"<", b">", b"{", b"}", b"[", b"]", b"(", b")", b".", b";", b",", b"@", b"\\", b"\\u", b"\0",
    b"\xff", b"\n", b"\r", b"&", b"&owl;", b"<!--", b"-->", b"#",
    b"^^", b"<<(", b")>>", b"_:", b"@prefix", b"<<<<<<< x\n", b"%",
    b"=>", codecs.BOM_UTF8, b"http://[", b'"@id"', b'"@context":"x",', b"1e999", b"\xed\xa0\x80", b"\x1b[31m",
)  # fmt: skip
