"""``python -m emotrace`` is the command line."""

from emotrace.cli import main

if __name__ == "__main__":
    main()
