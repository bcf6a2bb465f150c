"""`python -m cli` is `copydesk`."""

from cli.main import main

main()
