"""What of Azure is only assumed, asked of a real test subscription: docs/acceptance.md says how and why.

It makes objects of its own, asks, and removes what it made. Nothing of it is shipped with astro-peer.
"""
