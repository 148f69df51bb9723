"""The HTTPS server: loopback only, a certificate authority of its own, a thread for each connection.

werkzeug's server shakes hands while accepting, so that one silent client keeps everybody waiting, and closes
every connection after one answer. This one does neither.
"""

import contextlib
import io
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import unquote_to_bytes

import trustme
from werkzeug.wrappers import Request, Response

from astro_peer.sandbox.faults.fault import ConnectionCut

_HANDSHAKE_TIMEOUT = 30.0
_LARGEST_BODY = 1_000_000

Respond = Callable[[Request], Response]


class Server:
    """Listens from the moment it is made, on 127.0.0.1; answers between `start` and `stop`."""

    def __init__(self, port: int = 0) -> None:
        authority = trustme.CA(organization_name="astro-peer sandbox")
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        certificate.configure_cert(self._context)
        self.ca_pem = authority.cert_pem.bytes()
        self._listener = _Listener(self._context, port)
        self.url = f"https://127.0.0.1:{self._listener.server_address[1]}"
        self._thread: threading.Thread | None = None

    def start(self, respond: Respond) -> None:
        self._listener.respond = respond
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and every open connection, and waits for their threads."""
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        self._listener.close_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Listener(socketserver.TCPServer):
    allow_reuse_address = False
    request_queue_size = 64
    respond: Respond

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        self._context = context
        self._open: dict[threading.Thread, socket.socket] = {}
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self.hosts = {f"{name}:{self.server_address[1]}" for name in ("127.0.0.1", "localhost")}

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hands the new connection to a thread at once: the TLS handshake is up to that thread."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request.settimeout(_HANDSHAKE_TIMEOUT)
        connection = self._context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=self._converse, args=(connection, client_address), daemon=True)
        with self._guard:
            self._open[thread] = connection
        thread.start()

    def _converse(self, connection: ssl.SSLSocket, client_address: Any) -> None:
        try:
            # Clients hang up whenever they like, in the middle of a handshake or of an answer
            with contextlib.suppress(OSError, ConnectionCut):
                connection.do_handshake()
                connection.settimeout(None)
                _Handler(connection, client_address, self)
        finally:
            connection.close()
            with self._guard:
                del self._open[threading.current_thread()]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone before its thread starts is no news."""

    def close_connections(self) -> None:
        with self._guard:
            connections = dict(self._open)
        for thread, connection in connections.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=2)


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive. A body is read to its end, so the next request starts where it should."""

    protocol_version = "HTTP/1.1"
    server: _Listener
    wbufsize: ClassVar[int] = -1  # headers and body leave together

    def _answer(self) -> None:
        if self.headers.get("Host", "").lower() not in self.server.hosts:
            # a page in a browser can have its own host's name lead to 127.0.0.1
            self.close_connection = True
            self._send(Response("The sandbox answers to 127.0.0.1 and localhost only.", 421))
            return
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._send(Response("The sandbox takes bodies of a known and modest length.", 411))
            return
        body = self.rfile.read(int(length))
        self._send(self.server.respond(Request(self._environ(body))))

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": _unquoted(path),
            "QUERY_STRING": query,
            "REMOTE_ADDR": str(self.client_address[0]),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(body),
        }
        for name, value in self.headers.items():
            environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        return environ

    def _send(self, response: Response) -> None:
        body = response.get_data()
        self.send_response_only(response.status_code)
        if "Date" not in response.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in response.headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        if response.status_code != 204:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the request log is part of the sandbox's state."""


def _unquoted(path: str) -> str:
    """WSGI wants the decoded bytes as Latin-1."""
    return unquote_to_bytes(path).decode("latin-1")
