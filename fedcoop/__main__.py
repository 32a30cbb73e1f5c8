"""Runs the command line: `python -m fedcoop`."""

from fedcoop.cli.main import main

if __name__ == "__main__":
    main()
