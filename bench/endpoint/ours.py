"""Our endpoint on a graph of the measurements: `python -m bench.endpoint.ours PATH PORT SECONDS [--plain]`.

As `cdkg serve` runs it, guard and kill included; but one client may have all turns, as all load comes from one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cdkg import server
from cdkg.workers import Pool, PoolBounds, Source


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--plain", action="store_true")
    asked = parser.parse_args()
    pool = Pool(Source(asked.path, asked.plain), PoolBounds(asked.seconds, each=64))
    try:
        server.serve(server.create_app(pool), "127.0.0.1", asked.port, print, cut=pool.stop)
    finally:
        pool.close()


if __name__ == "__main__":
    main()
