"""A URL is one host to everybody, or it is none."""

from __future__ import annotations

import pytest

from astro_peer import urls


@pytest.mark.parametrize(
    ("value", "host", "port", "rest"),
    [
        ("https://Graph.Example", "graph.example", 443, ""),
        ("HTTPS://graph.example:443/a?b=c d", "graph.example", 443, "/a?b=c d"),
        ("https://graph.example:1?x", "graph.example", 1, "?x"),
        ("https://[::1]:65535/", "[::1]", 65535, "/"),
        ("https://a", "a", 443, ""),
    ],
)
def test_a_url_is_its_host_its_port_and_the_rest(value: str, host: str, port: int, rest: str) -> None:
    assert urls.parse(value) == urls.HttpsUrl(host, port, rest)


def test_a_url_is_rebuilt_from_what_was_read_of_it() -> None:
    assert str(urls.parse("HTTPS://Graph.Example:443/A?b")) == "https://graph.example/A?b"
    assert str(urls.parse("https://graph.example:8443/A")) == "https://graph.example:8443/A"
    assert urls.origin("https://Graph.Example:443/x") == "https://graph.example"
    assert urls.origin("https://graph.example:444/x") == "https://graph.example:444"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "http://graph.example/",
        "https://",
        "https://graph.example:0/",
        "https://graph.example:65536/",
        "https://graph.example:/",
        "https://graph.example:123456/",
        "https://user@graph.example/",
        "https://graph.example\\@other.example/",
        "https://graph.example/\\x",
        "https://graph.example#@other.example/",
        "https://graph.example/a\r\nHost: other.example",
        "https://graph.example\n",
        "https://-graph.example/",
        "https://graph.example./",
        " https://graph.example/",
    ],
)
def test_what_could_be_read_as_two_hosts_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="an https URL with a plain host"):
        urls.parse(value)
    assert urls.origin(value) == ""
