"""What all answers of the Reconciliation Service share: JSON, JSON for scripts of others, and how faults are told."""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Blueprint, Response, json, request

from cdkg.server.caching import tagged
from cdkg.server.guarding import discreet
from cdkg.server.reconciling.asked import AskedError
from cdkg.server.writing.offer import problem

blueprint = Blueprint("reconciling", __name__)
#: The name of a function, perhaps inside objects.
_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$]{0,80}(?:\.[A-Za-z_$][\w$]{0,80}){0,5}", re.ASCII)


def answered(data: Any) -> Response:
    """An answer in JSON; where a GET request names a function, as a call of it (JSONP), as version 0.1 demands.

    Raises:
        AskedError: What is named is no function, or a page of ours asks so.
    """
    body = json.dumps(data, ensure_ascii=False, sort_keys=False)
    callback = request.args.get("callback", "")
    if not callback or request.method == "POST":
        return tagged(Response(body, content_type="application/json"))
    if not _CALLBACK.fullmatch(callback):
        raise AskedError("`callback` is no name of a function")
    # scripts of this server are trusted by its own pages (CSP): those never get one that a request has made up
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        raise AskedError("pages of this server read JSON as it is", why="`callback` is for other sites", status=403)
    body = body.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return tagged(Response(f"/**/{callback}({body});", content_type="application/javascript"))


@blueprint.errorhandler(AskedError)
def _wrong(error: AskedError) -> Response:
    response = problem(error.status, error.what, discreet(error), query=error.query)
    if error.status in {429, 503}:
        response.headers["Retry-After"] = "2"
    return response


@blueprint.after_request
def _as_it_is(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
