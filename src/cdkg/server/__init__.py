"""The graph over HTTP: `create_app` makes the Flask application, `serve` runs it."""

from cdkg.server.app import create_app
from cdkg.server.run import serve

__all__ = ["create_app", "serve"]
