"""Azure Virtual WAN peering for Astro: the customer's side, granted and taken back."""

__version__ = "0.1.0"
