"""What the service tells of itself (Reconciliation Service API 0.2, section 3.1); version 0.1 reads it too."""

from __future__ import annotations

from typing import Any, Final

from cdkg import __version__
from cdkg.server.describing.addresses import base
from cdkg.server.describing.served import for_pages
from cdkg.server.reconciling.asked import MOST_QUERIES
from cdkg.server.reconciling.extending import SETTINGS
from cdkg.server.reconciling.gathering import Gathered

#: So many classes are offered at once.
_MOST_TYPES: Final = 12
#: Pixels of a preview.
_WIDTH, _HEIGHT = 420, 260


def manifest(gathered: Gathered) -> dict[str, Any]:
    """The service manifest."""
    here = base().rstrip("/")
    suggest = {
        kind: {
            "service_url": here,
            "service_path": f"/reconcile/suggest/{kind}",
            "flyout_service_url": here,
            "flyout_service_path": f"/reconcile/flyout/{kind}?id=${{id}}",
        }
        for kind in ("entity", "type", "property")
    }
    own = [each for each in gathered.types.in_order if each.iri.startswith(gathered.schema)]
    types = (own or gathered.types.in_order)[:_MOST_TYPES]
    return {
        "versions": ["0.1", "0.2"],
        "name": for_pages()["site"],
        "identifierSpace": gathered.space,
        "schemaSpace": gathered.schema,
        "documentation": f"{here}/",
        "serviceVersion": __version__,
        "defaultTypes": [{"id": each.iri, "name": each.name} for each in types],
        "view": {"url": f"{here}/reconcile/view?id={{{{id}}}}"},
        "preview": {"url": f"{here}/reconcile/preview?id={{{{id}}}}", "width": _WIDTH, "height": _HEIGHT},
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": here, "service_path": "/reconcile/properties"},
            "property_settings": SETTINGS,
        },
        "batchSize": MOST_QUERIES,
    }
