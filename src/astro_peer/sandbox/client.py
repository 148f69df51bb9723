"""How the sandbox's own commands speak to it."""

import os

import requests


def session() -> requests.Session:
    """Of the environment it takes the certificates to trust, and neither proxies nor a .netrc; follows no redirect."""
    made = requests.Session()
    made.trust_env = False
    made.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    made.max_redirects = 0
    return made
