"""`python -m astro_peer` is `astro-peer`."""

from astro_peer.cli import main

main()
