"""Writes over HTTP, for those who have a token: SPARQL 1.1 Update and the Graph Store HTTP Protocol."""

from cdkg.server.writing.offer import Application, offer
from cdkg.server.writing.tokens import Scope, Token, Tokens

__all__ = ["Application", "Scope", "Token", "Tokens", "offer"]
