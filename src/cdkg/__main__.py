"""`python -m cdkg`."""

from cdkg.cli import run

if __name__ == "__main__":
    run()
