"""The server: one thread, a fork for each order, and word to whoever ordered when the child has ended.

Orders come over a socket that only the two processes have an end of: it has no name, so nobody else can connect. Each
carries a connection of its own, on which the order is read and answered; while it is open, the child is somebody's.
When the other side closes it, or is gone, the child is killed if it still runs, and reaped: so a child's process ID is
not given to another process while somebody may still send it a signal.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from forking.child import Defaults, Order, become, run
from forking.environment import noting_reads
from forking.preload import preload

_DESCRIPTORS = 4
"""With each order: its connection, and the three streams."""


@dataclass
class _Child:
    pid: int
    connection: socket.socket
    ended: bool = False


class Server:
    """Waits for orders, for children that end, and for the end of whoever started it."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._children: list[_Child] = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(orders, selectors.EVENT_READ)
        # A child's end interrupts the selector: Python writes a byte here for any signal it has a handler for.
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Ctrl-C at a terminal reaches the children, and the tests, by itself; this process ends when the tests have.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> Order | None:
        """Returns an order in each child, which is to carry it out, and None in the server, at the end."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._orders:
                    received = _receive(self._orders)
                    if received is None:
                        self._end()
                        return None
                    order = self._fork(*received)
                    if order is not None:
                        return order
                elif key.fileobj is self._woken:
                    self._woken.recv(4096)
                    self._report_the_ended()
                else:  # closed by the other side, which never writes a second time
                    self._let_go(key.data)

    def _fork(self, connection: socket.socket, order: Order) -> Order | None:
        # Blocked until the child has its own handlers: what is sent to it before that waits for them.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        pid = os.fork()
        if pid == 0:
            connection.close()
            self._forget()
            return order
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for descriptor in order.streams:
            os.close(descriptor)
        child = _Child(pid, connection)
        self._children.append(child)
        self._selector.register(connection, selectors.EVENT_READ, child)
        _tell(connection, pid=pid)
        return None

    def _forget(self) -> None:
        """In a child: nothing of the server's stays open."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for one in (self._orders, self._woken, self._wake, *(child.connection for child in self._children)):
            one.close()

    def _report_the_ended(self) -> None:
        for child in self._children:
            if not child.ended:
                # It stays a zombie until it is let go.
                end = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if end is not None:
                    child.ended = True
                    by_itself = end.si_code == os.CLD_EXITED
                    _tell(child.connection, returncode=end.si_status if by_itself else -end.si_status)

    def _let_go(self, child: _Child) -> None:
        self._selector.unregister(child.connection)
        child.connection.close()
        self._children.remove(child)
        os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)

    def _end(self) -> None:
        for child in list(self._children):
            self._let_go(child)


def _receive(orders: socket.socket) -> tuple[socket.socket, Order] | None:
    """The next order and its connection; None when there will be no more."""
    message, descriptors, _, _ = socket.recv_fds(orders, 1, _DESCRIPTORS)
    if not message:
        return None
    connection = socket.socket(fileno=descriptors[0])
    with connection.makefile("rb") as lines:
        order = json.loads(lines.readline())
    return connection, Order(streams=tuple(descriptors[1:]), **order)


def _tell(connection: socket.socket, **facts: object) -> None:
    try:
        connection.sendall(json.dumps(facts).encode() + b"\n")
    except OSError:  # whoever ordered is gone, as the selector is about to say
        return


def main() -> None:
    """`python -m forking COMMAND DESCRIPTOR`: serve the installed command by orders from that socket.

    First of all, the variables that were read during the imports are sent back.
    """
    command, orders = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    given = json.loads(orders.makefile("rb").readline())
    defaults = Defaults.of_this_process(given)
    sys.path[0] = str(
        command.parent
    )  # as a fresh start has it; the tests' own folder is no place to import from
    with noting_reads() as reads:
        preload()
    script = compile(command.read_text(encoding="utf-8"), command, "exec")
    server = Server(orders)
    _tell(orders, reads=reads)
    order = server.serve()
    if order is not None:
        become(order, defaults, command)
        # From here on as in any program: whatever is raised passes through to the interpreter, which waits for
        # threads, runs atexit handlers, flushes, and decides the exit code or the signal.
        run(script, command)
