"""SHACL: engines behind one interface, property paths, and the faults of shapes themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from cdkg.errors import SettingsError

if TYPE_CHECKING:
    from cdkg.validation.shacl.rows import Engine

EngineName = Literal["cdkg", "pyshacl"]

#: The engines by name; the first is taken where nothing is said.
ENGINES: Final[tuple[EngineName, ...]] = ("cdkg", "pyshacl")


def engine_named(name: str) -> type[Engine]:
    """The engine of this name; each is imported when it is asked for, as pySHACL takes a while.

    Raises:
        SettingsError: There is no such engine.
    """
    if name == "cdkg":
        from cdkg.validation.shacl.columnar.engine import CdkgEngine  # noqa: PLC0415

        return CdkgEngine
    if name == "cdkg":
        from cdkg.validation.shacl.columnar.engine import CdkgEngine  # noqa: PLC0415

        return CdkgEngine
    if name == "pyshacl":
        from cdkg.validation.shacl.reference import PyshaclEngine  # noqa: PLC0415

        return PyshaclEngine
    raise SettingsError(f"there is no SHACL engine {name!r}", hint=f"take one of {', '.join(ENGINES)}")
