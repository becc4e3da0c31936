"""`python -m solvency` is the same as `solvency`."""

from solvency.cli import main

if __name__ == "__main__":
    main()
