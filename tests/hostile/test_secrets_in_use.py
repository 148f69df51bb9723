"""What is remembered as a secret is blotted out of every text, however it is spelled there."""

from __future__ import annotations

import pytest

from astro_peer import secrets_in_use


def test_a_secret_is_blotted_out_as_it_is_and_as_it_stands_in_a_url() -> None:
    assert secrets_in_use.blotted("a/b c+d~e") == "a/b c+d~e"
    secrets_in_use.remember(["a/b c+d~e"])
    for spelling in ("a/b c+d~e", "a%2Fb%20c%2Bd~e", "a%2Fb+c%2Bd~e"):
        assert secrets_in_use.blotted(f"<{spelling}> <{spelling}>") == "<[secret]> <[secret]>"


def test_what_was_remembered_before_stays_remembered() -> None:
    secrets_in_use.remember(["first-of-k7"])
    secrets_in_use.remember(["second-of-k7"])
    secrets_in_use.remember(["first-of-k7"])
    assert secrets_in_use.blotted("first-of-k7 second-of-k7") == "[secret] [secret]"


def test_of_two_secrets_the_longer_leaves_no_rest() -> None:
    secrets_in_use.remember(["k7-qzvx1"])
    secrets_in_use.remember(["k7-qzvx1-and-more"])
    assert secrets_in_use.blotted("k7-qzvx1-and-more") == "[secret]"
    secrets_in_use.remember(["z7-within", "a7-z7-within-a7"])
    assert secrets_in_use.blotted("a7-z7-within-a7") == "[secret]"


def test_characters_of_a_secret_are_no_pattern() -> None:
    secrets_in_use.remember(["(.*)+[x]"])
    assert secrets_in_use.blotted("(.*)+[x] harmless") == "[secret] harmless"


def test_short_texts_are_no_secrets() -> None:
    secrets_in_use.remember(["1234567", ""])
    assert secrets_in_use.blotted("1234567") == "1234567"
    secrets_in_use.remember(["k7-qzvx2"])
    assert secrets_in_use.blotted("k7-qzvx2") == "[secret]"


def test_of_a_token_the_payload_and_the_signature_are_secrets_and_the_header_is_not() -> None:
    header, payload, signature = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9", "pq" * 10, "sz" * 10
    secrets_in_use.remember([f"{header}.{payload}.{signature}.{'x' * 19}"])
    assert secrets_in_use.blotted(f"{header} {payload} {signature}") == f"{header} [secret] [secret]"
    assert secrets_in_use.blotted("x" * 19) == "x" * 19


@pytest.mark.parametrize(
    "name",
    [
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_PASSWORD",
        "IDENTITY_HEADER",
        "MSI_SECRET",
        "ASTRO_API_TOKEN",
    ],
)
def test_secrets_of_the_environment_are_remembered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in secrets_in_use._VARIABLES:
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, f"from-the-environment-{name}")
    secrets_in_use.remember_environment()
    assert secrets_in_use.blotted(f"from-the-environment-{name}") == "[secret]"
