"""A forked command is what a fresh start is: the same script, started both ways, sees and does the same."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from werkzeug.wrappers import Request

import running
from astro_peer.sandbox.faults.fault import Fault, Service
from conftest import Inside

if not running.CAN_FORK:
    pytest.skip("commands are started fresh here", allow_module_level=True)
from forking.client import ForkServer, Process, ServerDied
from forking.environment import why_fresh

PIPE = subprocess.PIPE

SCRIPT = """#!{python}
import atexit, ctypes, json, locale, os, signal, sys, threading, time

getenv = ctypes.CDLL(None).getenv
getenv.restype = ctypes.c_char_p

def facts():
    main = sys.modules["__main__"]
    return {{
        "arguments": sys.argv,
        "script": [main.__name__, main.__file__, globals() is vars(main)],
        "path": sys.path,
        "directory": os.getcwd(),
        "environment": dict(os.environ),
        "seen by the C library": str(getenv(b"SEEN")),
        "encodings": [locale.getpreferredencoding(), sys.getfilesystemencoding(), sys.getdefaultencoding()],
        "streams": [
            [one.name, one.mode, one.encoding, one.errors, one.newlines, one.line_buffering, one.write_through,
             one.isatty(), one.fileno(), type(one.buffer).__name__]
            for one in (sys.stdin, sys.stdout, sys.stderr)
        ],
        "originals": [sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__],
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "signals": {{
            str(number): str(signal.getsignal(number)).split(" at 0x")[0] for number in sorted(signal.valid_signals())
        }},
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "threads": [one.name for one in threading.enumerate()],
        "writes bytecode": not sys.dont_write_bytecode,
        "flags": [getattr(sys.flags, name) for name in ("optimize", "isolated", "utf8_mode", "dev_mode")],
        "group": [os.getpgrp(), os.getsid(0), os.umask(0o22)],
        "input": sys.stdin.read(),
    }}

{body}
"""


def installed(folder: Path, body: str) -> Path:
    script = folder / "command"
    script.write_text(SCRIPT.format(python=sys.executable, body=body), encoding="utf-8")
    script.chmod(0o755)
    return script


def without_addresses(text: bytes) -> bytes:
    """Where objects lie in memory is another place each time."""
    return re.sub(rb"0x[0-9a-f]+", b"0x", text)


class Both:
    """A script that is run fresh, and by a fork server of its own."""

    def __init__(self, script: Path) -> None:
        self.script = script
        self.server = ForkServer(script)

    def start(self, fresh: bool, *arguments: str, env: dict[str, str], **options: Any) -> running.Running:
        if fresh:
            return subprocess.Popen([self.script, *arguments], env=env, **options)
        return Process(self.server, arguments, env=env, **options)

    def run(
        self, *arguments: str, env: dict[str, str] | None = None, **options: Any
    ) -> tuple[int, bytes, bytes]:
        """The exit code and both outputs, which must be the same both ways."""
        clean = {"PATH": os.environ["PATH"]} | {
            name: value for name, value in os.environ.items() if name.startswith(("LC_", "LANG"))
        }
        found = []
        for fresh in (True, False):
            with self.start(
                fresh, *arguments, env=clean | (env or {}), stdin=PIPE, stdout=PIPE, stderr=PIPE, **options
            ) as process:
                out, err = process.communicate(b"a line\r\n\xff", timeout=60)
                found.append((process.wait(), out, without_addresses(err)))
        assert found[1] == found[0]
        return found[0]


@pytest.fixture
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Both]:
    both = Both(installed(tmp_path, request.param))
    yield both
    both.server.stop()


def script(body: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("both", [body], indirect=True, ids=[""])


SHOW = """
try:
    shown = facts()
except UnicodeDecodeError as error:
    shown = str(error)
print(json.dumps(shown, default=str, indent=1))
"""


@script(SHOW)
@pytest.mark.parametrize(
    "env",
    [
        {},
        {"SEEN": "ä $HOME", "SEEN_TOO": "a\nb", "AZURE_CLIENT_ID": "x"},
        {"PYTHONUNBUFFERED": "1"},
        {"PYTHONDONTWRITEBYTECODE": "1"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii:replace"},
        {"PYTHONIOENCODING": ":backslashreplace"},
    ],
    ids=" ".join,
)
def test_it_sees_the_same(both: Both, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    code, out, _ = both.run("grant", "--yes", "ä", "", env=env, cwd=tmp_path / "elsewhere")
    assert code == 0
    assert b"arguments" in out or b"can't decode" in out


@script(
    """print('ä', flush=True); print('\\u0444', file=sys.stderr)
for one in ('\\u0444', '\\udcff'):
    try:
        print(one, flush=True)
    except UnicodeEncodeError as error:
        print(error)
"""
)
@pytest.mark.parametrize("encoding", ["", "utf-8", "latin-1", "ascii:replace", "utf-16"])
def test_it_writes_the_same_bytes(both: Both, encoding: str) -> None:
    code, out, err = both.run(env={"PYTHONIOENCODING": encoding} if encoding else {})
    assert code == 0
    assert out and err


ENDS = """
how = sys.argv[1]
atexit.register(lambda: print("at exit", flush=True))

def outlast():
    threading.main_thread().join()
    print("a thread is waited for")

threading.Thread(target=outlast).start()
print("not flushed", end="")
if how.isdecimal():
    sys.exit(int(how))
elif how == "words":
    sys.exit("some words")
elif how == "os._exit":
    os._exit(5)
elif how == "closed":
    os.close(1)
elif how.startswith("SIG"):
    if how != "SIGKILL":
        signal.signal(getattr(signal, how), signal.SIG_DFL)
    os.kill(os.getpid(), getattr(signal, how))
elif how == "crash":
    ctypes.string_at(0)
"""


@script(ENDS)
def test_it_ends_the_same(both: Both) -> None:
    codes = {
        how: both.run(how)[0] for how in (*"037", "256", "words", "os._exit", "SIGTERM", "SIGKILL", "SIGINT")
    }
    assert codes == {
        "0": 0,
        "3": 3,
        "7": 7,
        "256": 0,
        "words": 1,
        "os._exit": 5,
        "SIGTERM": -15,
        "SIGKILL": -9,
        "SIGINT": -2,
    }
    assert both.run("closed")[0] == 120, "what cannot be flushed at the end is an error"
    assert both.run("crash")[0] == -signal.SIGSEGV
    assert both.run("0")[1] == b"not flusheda thread is waited for\nat exit\n", "and the server serves on"


@script("print('ready', flush=True); time.sleep(600)")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_from_outside_ends_it_the_same(both: Both, number: signal.Signals) -> None:
    ends = []
    for fresh in (True, False):
        with both.start(
            fresh, env={}, stdin=subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, text=True
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            assert process.stdout.readline() == "ready\n"
            assert process.poll() is None
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0)
            process.send_signal(number)
            ends.append((process.wait(60), process.stderr.read().splitlines()[-1:]))
            process.kill()  # it has ended, so this is nothing
    assert ends == [(-number, ["KeyboardInterrupt"] if number is signal.SIGINT else [])] * 2


@script("print(len(sys.stdin.read()))")
def test_more_than_a_pipe_holds_goes_through(both: Both) -> None:
    much = "x" * 1_000_000
    for fresh in (True, False):
        with both.start(fresh, env={}, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as process:
            assert process.communicate(much, timeout=60) == ("1000000\n", "")


@pytest.mark.parametrize(
    "arguments", [("--version",), ("grunt",), ("status", "-o", "json"), ("role", "--help")], ids=" ".join
)
def test_the_command_itself_answers_the_same(inside: Inside, arguments: tuple[str, ...]) -> None:
    assert inside.run(*arguments) == inside.run(*arguments, fresh=True)


class Interrupt(Fault):
    """Ctrl-C while the first request of a process is under way."""

    def __init__(self) -> None:
        super().__init__("interrupt")
        self.victims: SimpleQueue[running.Running] = SimpleQueue()
        self.armed = False

    def before(self, request: Request, service: Service) -> bool:
        if self.armed:
            self.armed = False
            self.victims.get(timeout=60).send_signal(signal.SIGINT)
        return False


def test_an_interrupt_of_the_command_is_exit_130_both_ways(inside: Inside) -> None:
    fault = Interrupt()
    inside.sandbox._app._faults = [fault]
    for fresh in (True, False):
        fault.armed = True
        process = inside.start("status", fresh=fresh, stderr=PIPE)
        fault.victims.put(process)
        error = process.communicate(timeout=60)[1]
        assert (process.returncode, "Interrupted" in error) == (130, True), error


def test_variables_that_matter_before_python_runs_ask_for_a_fresh_start() -> None:
    server = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "1", "PATH": "/bin"}
    reads = {"TYPER_USE_RICH": None, "PATH": "/bin"}
    assert why_fresh(server | {"PYTHONUNBUFFERED": "1", "PATH": "/", "ANY": "x"}, server, reads) is None
    assert why_fresh(server | {"PYTHONPATH": "/x"}, server, reads) == "PYTHONPATH"
    assert why_fresh(server | {"LC_ALL": "C"}, server, reads) == "LC_ALL"
    assert why_fresh(server | {"TYPER_USE_RICH": "0"}, server, reads) == "TYPER_USE_RICH"
    assert why_fresh({}, server, reads) == "LANG"


@script("print('ready', flush=True); time.sleep(600)")
def test_a_server_that_dies_is_said_and_not_waited_for(both: Both) -> None:
    process = both.start(False, env={}, stdin=subprocess.DEVNULL, stdout=PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    both.server.process.kill()
    with pytest.raises(ServerDied, match="exit code -9"):
        process.wait()
    assert process.stdout.read() == b"", "and its child was ended"
    process.stdout.close()
    with pytest.raises(ServerDied, match="exit code -9"):
        both.start(False, env={})


@script("import no_such_module")
def test_a_server_that_cannot_start_says_why(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ForkServer(both.script.with_name("no-such-command"))
    with pytest.raises(ServerDied, match="FileNotFoundError"):
        broken.why_fresh({})
    broken.stop()


OUTER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from forking.client import ForkServer, Process
server = ForkServer(Path(sys.argv[1]))
process = Process(server, [], env={{}})
print(server.process.pid, flush=True)
process.wait()
"""


@script("print('ready', flush=True); time.sleep(600)")
def test_when_the_tests_are_killed_nothing_of_theirs_stays(both: Both) -> None:
    """The pipe ends when the last of them has: the tests' process, the server, its child."""
    outer = OUTER.format(tests=str(Path(__file__).parent))
    with subprocess.Popen([sys.executable, "-c", outer, both.script], stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        lines = {process.stdout.readline(), process.stdout.readline()}
        (server,) = (int(line) for line in lines - {"ready\n"})
        its_end = os.pidfd_open(server)
        process.kill()
        assert process.stdout.read() == ""
    assert select.select([its_end], [], [], 60)[0]
    os.close(its_end)
