"""The graph over HTTP: `create_app` makes the Flask application, `serve` runs it."""

from cdkg.server.app import create_app
from cdkg.server.following import follow
from cdkg.server.listening import Listening
from cdkg.server.observing import log_lines
from cdkg.server.run import keep_memory_small, serve

__all__ = ["Listening", "create_app", "follow", "keep_memory_small", "log_lines", "serve"]
