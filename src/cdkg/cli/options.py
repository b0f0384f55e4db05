"""What several commands share: exit codes, and the options for project, state, format and choice of sources."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cdkg.cli import show
from cdkg.errors import CdkgError, ClashError


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turn errors into one message and an exit code: contradictions 1, all else 2; 130 for Ctrl-C."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs) or 0
        except ClashError as error:
            show.clash(error)
            code = 1
        except CdkgError as error:
            show.err.print(f"[red]error[/red] {escape(str(error))}")
            code = 2
        except BrokenPipeError:
            code = 0  # whoever reads has seen enough
        except OSError as error:  # a folder that is gone, a full disk
            where = f"{error.filename}: " if error.filename else ""
            show.err.print(f"[red]error[/red] {escape(where + (error.strerror or str(error)))}")
            code = 2
        except KeyboardInterrupt:
            code = 130  # as shells have it; 1 would say that the data has faults
        except Exception:  # noqa: BLE001  # nobody must take a fault of ours for faults in the data, which is 1
            show.err.print(f"{escape(traceback.format_exc())}[red]error[/red] a fault in cdkg: please report the above")
            code = 2
        sys.exit(code)

    return wrapped


project = click.option(
    "--project",
    "folder",
    type=click.Path(path_type=Path),
    help="Project folder (default: the one you stand in, else ours).",
)
state = click.option("--state", type=click.Path(path_type=Path), help="Folder for snapshots.")
text_or_json = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)  # fmt: skip
only = click.option(
    "--only", multiple=True, metavar="PATTERN",
    help="Reason over these named graphs only, as in 'ucl/*', graph:ucl/table-1 or a full IRI; may be repeated. "
    "Ontology, entities and typologies stay in.",
)  # fmt: skip
without = click.option(
    "--without", multiple=True, metavar="PATTERN",
    help="Leave these named graphs out; the ontology, entities and typologies only by their own names ('ontology/*').",
)  # fmt: skip
