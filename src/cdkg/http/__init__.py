"""Requests to other people's servers: only to those that were named, only to public addresses, bounded and polite."""

from cdkg.http.client import Bounds, Fetched, Request, RequestError, fetch
from cdkg.http.policy import Policy, Refused, Target, is_public

__all__ = ["Bounds", "Fetched", "Policy", "Refused", "Request", "RequestError", "Target", "fetch", "is_public"]
