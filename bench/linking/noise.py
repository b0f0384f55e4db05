"""Names with slips, as hands on keyboards make them; the same for the same seed."""

from __future__ import annotations

from random import Random


def slipped(name: str, random: Random) -> str:
    """A name with one slip; a third of the names of nine letters and more have two.

    A letter is dropped, doubled, taken for another, or changes its place with the next.
    """
    times = 2 if len(name) > 8 and random.random() < 1 / 3 else 1
    for _ in range(times):
        name = _slip(name, random)
    return name


def _slip(name: str, random: Random) -> str:
    letters = [i for i, letter in enumerate(name) if letter.isalpha()]
    if len(letters) < 3:
        return name
    at = random.choice(letters[1:])
    match random.randrange(4):
        case 0:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + name[at] + name[at:]
        case 2:
            return name[:at] + random.choice("abcdefghijklmnoprstuvwyz".replace(name[at].lower(), "")) + name[at + 1 :]
        case _ if at + 1 < len(name) and name[at + 1].isalpha() and name[at + 1] != name[at]:
            return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        case _:
            return name[:at] + name[at + 1 :]
