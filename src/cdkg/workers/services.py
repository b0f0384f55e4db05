"""How the processes of a pool learn which services may be asked, and through which addresses of the relay.

By their environment: whoever looks at the list of processes sees their arguments, and the addresses hold a token.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

from cdkg.query.services import Service

_NAME: Final = "CDKG_RELAYED"


def services_told(services: Sequence[Service]) -> dict[str, str]:
    """The environment of a process that is to know them."""
    return {**os.environ, _NAME: json.dumps([astuple(each) for each in services])}


def services_heard() -> tuple[Service, ...]:
    """What `services_told` told this process."""
    return tuple(Service(*each) for each in json.loads(os.environ.get(_NAME, "[]")))
