"""Run the program from a checkout: `python cli.py …` is the same as `solvency …`."""

from solvency.cli import main

if __name__ == "__main__":
    main()
