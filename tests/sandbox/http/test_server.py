import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from astro_peer.sandbox.run import Sandbox, serving

from ..client import PROD, Client


def _address(sandbox: Sandbox) -> tuple[str, int]:
    return "127.0.0.1", int(sandbox.url.rpartition(":")[2])


def _host(sandbox: Sandbox) -> str:
    return f"Host: {sandbox.url.removeprefix('https://')}\r\n"


def _tls(sandbox: Sandbox) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(sandbox.ca_certificate))


def test_silent_clients_block_nobody(owner: Client) -> None:
    idle = [socket.create_connection(_address(owner.sandbox)) for _ in range(5)]
    try:
        started = time.monotonic()
        assert owner.arm("GET", PROD).status_code == 200
        assert time.monotonic() - started < 5
    finally:
        for connection in idle:
            connection.close()


def test_the_server_stops_at_once_with_clients_connected(start: Callable[..., Sandbox]) -> None:
    with serving() as sandbox:
        silent = socket.create_connection(_address(sandbox))
        kept = _tls(sandbox).wrap_socket(
            socket.create_connection(_address(sandbox)), server_hostname="localhost"
        )
        kept.sendall(f"GET /metadata/endpoints HTTP/1.1\r\n{_host(sandbox)}\r\n".encode())
        assert kept.recv(100).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
    assert time.monotonic() - started < 1
    silent.close()
    kept.close()


def test_one_connection_carries_many_requests(sandbox: Sandbox) -> None:
    with _tls(sandbox).wrap_socket(
        socket.create_connection(_address(sandbox)), server_hostname="127.0.0.1"
    ) as connection:
        for method, body, status in (
            ("GET", b"", b"404"),
            ("POST", b"{}" * 50, b"404"),
            ("GET", b"", b"404"),
        ):
            head = f"{method} /none/token HTTP/1.1\r\n{_host(sandbox)}Content-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            answer = connection.recv(4096)
            assert answer.split(b" ")[1] == status
            assert b"Connection: close" not in answer


def test_a_body_of_unknown_length_is_refused(sandbox: Sandbox) -> None:
    with _tls(sandbox).wrap_socket(
        socket.create_connection(_address(sandbox)), server_hostname="127.0.0.1"
    ) as connection:
        head = f"POST /sandbox/clock HTTP/1.1\r\n{_host(sandbox)}Transfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 411")


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("https://127.0.0.1:")


def test_requests_in_parallel_leave_a_consistent_tenant(
    owner: Client, signed_in: Callable[..., Client]
) -> None:
    clients = [signed_in(owner.sandbox, owner.app_id) for _ in range(8)]
    with ThreadPoolExecutor(len(clients)) as pool:
        statuses = sorted(
            pool.map(
                lambda client: (
                    client.graph(
                        "POST", "servicePrincipals", {"appId": "a67e6057-7138-4f78-bbaf-fd9db7b8aab0"}
                    ).status_code
                ),
                clients,
            )
        )
    assert statuses == [201] + [409] * 7


def test_the_log_holds_every_request_in_order_and_nothing_secret(owner: Client) -> None:
    owner.grant()
    owner.arm("GET", f"{PROD}/resourceGroups/none", filter="a b")
    log = owner.sandbox.state()["requests"]
    assert [entry["method"] for entry in log] == ["POST", "POST", "POST", "PUT", "PUT", "GET"]
    assert [entry["status"] for entry in log] == [200, 201, 200, 201, 201, 404]
    assert all(set(e) == {"method", "url", "status", "start_ms", "end_ms", "fault"} for e in log)
    assert all(0 <= e["start_ms"] <= e["end_ms"] for e in log)
    secret = owner.sandbox.tenant.applications[owner.app_id].secret
    text = str(owner.sandbox.state())
    assert owner.sandbox.secret not in text
    assert secret not in text and owner.token(owner.sandbox.url) not in text
    assert "/sandbox/" not in text


def inside(client: Client) -> Callable[..., requests.Response]:
    """Asks the sandbox's own pages, as a command inside does."""
    secret = {"x-sandbox-secret": client.sandbox.secret}
    return lambda method, page, **more: client.session.request(
        method, f"{client.sandbox.url}/sandbox/{page}", headers=secret, **more
    )


@pytest.mark.parametrize("secret", [{}, {"x-sandbox-secret": ""}, {"x-sandbox-secret": "guessed"}], ids=str)
def test_the_sandboxs_own_pages_want_the_secret_of_the_run(owner: Client, secret: dict[str, str]) -> None:
    before = owner.sandbox.clock.now()
    for method, page in (("GET", "state"), ("GET", "astronomer"), ("POST", "clock"), ("GET", "none")):
        answer = owner.session.request(
            method, f"{owner.sandbox.url}/sandbox/{page}", headers=secret, json={"advance": 600}
        )
        assert answer.status_code == 401
        assert owner.sandbox.secret not in answer.text
    assert (owner.sandbox.clock.now() - before).total_seconds() < 600


def test_another_host_name_that_leads_here_is_not_answered(owner: Client) -> None:
    """What a page in a browser can do, whose own name suddenly means 127.0.0.1."""
    port = owner.sandbox.url.rpartition(":")[2]
    for host, status in (
        (f"localhost:{port}", 200),
        (f"LOCALHOST:{port}", 200),
        (f"rebound.example:{port}", 421),
        ("127.0.0.1", 421),
        ("127.0.0.1:1", 421),
    ):
        url = f"{owner.sandbox.url}/metadata/endpoints"
        assert owner.session.get(url, headers={"Host": host}).status_code == status, host


def test_state_has_the_documented_shape(owner: Client) -> None:
    principal = owner.grant()
    state = inside(owner)("GET", "state").json()
    assert list(state) == [
        "service_principals",
        "role_definitions",
        "role_assignments",
        "connections",
        "peerings",
        "requests",
    ]
    astronomer = next(p for p in state["service_principals"] if p["id"] == principal)
    assert astronomer == {
        "id": principal,
        "appId": "a67e6057-7138-4f78-bbaf-fd9db7b8aab0",
        "displayName": "Astronomer",
        "accountEnabled": True,
    }
    role = next(r for r in state["role_definitions"] if r["roleName"] == "Astro VHub Peering Contributor")
    assert set(role) == {"name", "roleName", "type", "permissions", "assignableScopes"}
    assert all(r["type"] == "CustomRole" for r in state["role_definitions"])
    assignment = next(a for a in state["role_assignments"] if a["principalId"] == principal)
    assert set(assignment) == {"name", "scope", "principalId", "roleDefinitionId"}
    assert assignment["roleDefinitionId"].endswith(role["name"])
    assert {c["provisioningState"] for c in state["connections"]} == {"Succeeded"}
    peered = {"name", "id", "provisioningState", "peeringState", "remoteVirtualNetwork"}
    assert [set(p) for p in state["peerings"]] == [peered, peered]


def test_the_clock_goes_forward_only(owner: Client) -> None:
    ask = inside(owner)
    before = owner.sandbox.clock.now()
    assert ask("POST", "clock", json={"advance": 600}).status_code == 200
    assert (owner.sandbox.clock.now() - before).total_seconds() >= 600
    bodies: list[Any] = [{"advance": -1}, {"advance": "soon"}, {}, [], {"advance": None}]
    for body in bodies:
        assert ask("POST", "clock", json=body).status_code == 400
    assert ask("POST", "clock", data=b"{").status_code == 400
