"""`python -m forking` is the server."""

from forking.server import main

main()
