"""`python -m handhold` is the command line."""

from handhold.cli import main

if __name__ == "__main__":
    main()
