"""A service beside a watch, in a process of its own: what ends it does not end the watch."""

import subprocess
import sys
from collections.abc import Sequence
from signal import Signals
from threading import Event, Lock, Thread
from time import monotonic

from cablewatch.commands.terminal import say

FIRST_S, LAST_S = 1.0, 60.0  # before it is started again; doubled each time it did not last so long
LEFT_S = 5.0  # a Ctrl-C that it hears ends the watch too


class Service:
    """`cablewatch serve`, which ends with this process, killed or not; a context manager.

    Where it dies it is started again, after failures in a row later and later. It was told to end
    where its exit code is 0, and stays so.

    Parameters
    ----------
    options : sequence of str
        Of ``cablewatch serve``.
    """

    def __init__(self, options: Sequence[str]) -> None:
        serve = [sys.executable, "-m", "cablewatch", "serve", "--ends-with-input"]
        self._command = [*serve, *options]
        self._leaving, self._turn = Event(), Lock()
        self._process = self._started()
        self._keeper = Thread(target=self._keep, name="service")

    def __enter__(self) -> "Service":
        self._keeper.start()
        return self

    def __exit__(self, *error: object) -> None:
        with self._turn:
            self._leaving.set()
            self._process.terminate()
        self._keeper.join()

    def _started(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self._command, stdin=pipe, stderr=pipe, text=True)

    def _keep(self) -> None:
        """Body of the thread."""
        wait_s = FIRST_S
        while True:
            begun_s = monotonic()
            code = self._watched()
            if code == 0:
                if not self._leaving.wait(LEFT_S):
                    say("The service was told to end; the watch goes on without it")
                return
            wait_s = FIRST_S if monotonic() - begun_s > LAST_S else wait_s
            if not self._leaving.is_set():
                why = Signals(-code).name if code < 0 else f"code {code}"
                say(f"The service has ended ({why}); it is started again in {wait_s:g} s")
            if self._leaving.wait(wait_s):
                return
            wait_s = min(2.0 * wait_s, LAST_S)
            with self._turn:
                if self._leaving.is_set():
                    return
                self._process = self._started()

    def _watched(self) -> int:
        """Say what it says until it ends, through the stream that a table may be drawn on."""
        with self._process as process:
            assert process.stderr is not None
            for line in process.stderr:
                print(line, end="", file=sys.stderr, flush=True)
        return process.returncode
