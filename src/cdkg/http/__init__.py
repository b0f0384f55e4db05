"""Requests to other people's servers: only to those that were named, only to public addresses, bounded and polite."""

from cdkg.http.cache import Cache
from cdkg.http.client import Bounds, Fetched, InterruptedAnswerError, LongAnswerError, Request, RequestError, fetch
from cdkg.http.partial import told_limit, why_cut
from cdkg.http.policy import Policy, Refused, Target, is_public, is_this_machine
from cdkg.http.polite import Answer, Client, LeftAloneError, Patience, StatusError, agent, check_contact
from cdkg.http.turns import Pace, Turns

__all__ = [
    "Answer",
    "Bounds",
    "Cache",
    "Client",
    "Fetched",
    "InterruptedAnswerError",
    "LeftAloneError",
    "LongAnswerError",
    "Pace",
    "Patience",
    "Policy",
    "Refused",
    "Request",
    "RequestError",
    "StatusError",
    "Target",
    "Turns",
    "agent",
    "check_contact",
    "fetch",
    "is_public",
    "is_this_machine",
    "told_limit",
    "why_cut",
]
