"""`python -m cli` is `copydesk`."""

from cli.entry import main

if __name__ == "__main__":  # processes that a command starts import it again
    main()
