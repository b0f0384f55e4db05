"""`python -m cdkg`."""

from cdkg.cli import main

if __name__ == "__main__":
    main()
