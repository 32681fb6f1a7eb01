"""One file over HTTP, through cuts, silences and servers that cannot continue.

An attempt asks for what is missing (``Range``, ``If-Range``). Whatever passes (a cut, a time-out, a
busy server) is tried again after a pause that doubles, with jitter. The count of failures starts
over only with bytes that no attempt had reached before, so that it always ends.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

import httpx2

from cablewatch.errors import FetchError
from cablewatch.usecases.fetch.partial import Partial, Version

BUSY = {408, 425, 429, 500, 502, 503, 504}
ABSENT = {403, 404, 410}  # object stores say 403 for a name that is not there
MAX_ROUNDS = 1000  # of one file, with progress in each
_TOTAL = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+)")

Tell = Callable[[int], None]
"""Called with bytes gained, negative where bytes are dropped."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try: failures in a row, the first and the longest pause, a silence (seconds)."""

    failures: int = 6
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    silence_s: float = 60.0

    def pause_s(self, failures: int, asked_s: float) -> float:
        """Before the next attempt: doubling, half of it by chance; what the server asks for."""
        doubled = min(self.longest_pause_s, self.first_pause_s * 2.0 ** max(failures - 1, 0))
        jitter = random.uniform(0.5, 1.0)
        return max(doubled * jitter, min(asked_s, self.longest_pause_s))


class Passing(Exception):
    """A failure that may pass."""

    def __init__(self, what: str, asked_s: float = 0.0) -> None:
        self.what = what
        self.asked_s = asked_s
        super().__init__(what)


class Stopped(Exception):
    """The user, or another file's failure, ended the run."""


def head(client: httpx2.Client, url: str, patience: Patience, stop: Event) -> Version | None:
    """Version of the file at `url`, None where there is none.

    Raises
    ------
    FetchError
        The host cannot be reached, or refuses.
    """
    failures = 0
    while True:
        try:
            with _passing_errors():
                response = client.head(url)
            if response.status_code in ABSENT:
                return None
            if response.status_code in (405, 501):  # a server without HEAD; GET will tell
                return Version()
            _refuse(response)
            return Version.of(response.headers)
        except Passing as passing:
            failures += 1
            _wait(url, failures, passing, patience, stop)


def download(
    client: httpx2.Client, url: str, partial: Partial, tell: Tell, patience: Patience, stop: Event
) -> None:
    """Get the file at `url` under its final name.

    Raises
    ------
    FetchError
        It cannot be had, or is no archive; what came of it is kept where it can be continued.
    Stopped
        `stop` was set.
    """
    failures, reached = 0, partial.size
    for _ in range(MAX_ROUNDS):
        try:
            with _passing_errors():
                version = _attempt(client, url, partial, tell, stop)
            partial.finish(version)
            return
        except Passing as passing:
            failures = 0 if partial.size > reached else failures + 1
            reached = max(reached, partial.size)
            _wait(url, failures, passing, patience, stop)
    raise FetchError(url, f"was cut {MAX_ROUNDS} times", "run it again; what came is kept")


def _attempt(client: httpx2.Client, url: str, partial: Partial, tell: Tell, stop: Event) -> Version:
    """Ask for what is missing and take what comes, up to the last byte or an error."""
    version = partial.version()
    headers = {}
    if version is not None:
        if partial.size == version.size:
            return version
        headers = {"Range": f"bytes={partial.size}-", "If-Range": version.condition}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == 416:
            _drop(partial, tell)
            raise Passing("has fewer bytes than it announced")
        _refuse(response)
        if response.status_code != 206 or version is None:
            tell(-partial.size)
            version = Version.of(response.headers)
            partial.restart(version)
        elif not _continues(response, partial, version):
            _drop(partial, tell)
            raise Passing("has changed since it was begun")
        with partial.path.open("ab") as file:
            for chunk in response.iter_raw():  # as they come: a size would hold bytes back
                if stop.is_set():
                    raise Stopped
                file.write(chunk)
                tell(len(chunk))
    if version.size is not None and partial.size != version.size:
        raise Passing(f"ended after {partial.size} of {version.size} bytes")
    return version


def _continues(response: httpx2.Response, partial: Partial, version: Version) -> bool:
    """Whether a partial response begins where ours ends, in the same version of the file."""
    found = _TOTAL.fullmatch(response.headers.get("content-range", ""))
    if not found or found[1] is None or int(found[1]) != partial.size:
        return False
    etag, modified = (response.headers.get(name, "") for name in ("etag", "last-modified"))
    return version.is_same(etag, modified, int(found[2]))


def _drop(partial: Partial, tell: Tell) -> None:
    tell(-partial.size)
    partial.discard()


def _refuse(response: httpx2.Response) -> None:
    """Raise for a status that is no success: Passing where it may pass."""
    status = f"{response.status_code} {response.reason_phrase}".strip()
    first = response.history[0].url if response.history else response.url
    if first.scheme == "https" and response.url.scheme != "https":
        raise FetchError(str(first), f"leads to {response.url}, unprotected", "tell the publisher")
    if response.status_code in BUSY:
        after = response.headers.get("retry-after", "")
        raise Passing(f"answers {status}", float(after) if after.isdigit() else 0.0)
    if not response.is_success:
        raise FetchError(str(response.url), f"answers {status}", "check the date and --base-url")


@contextmanager
def _passing_errors() -> Iterator[None]:
    """What the network does to us, by its name."""
    try:
        yield
    except httpx2.TooManyRedirects as error:
        raise FetchError(str(error.request.url), "leads nowhere", "check --base-url") from error
    except httpx2.TimeoutException as error:
        raise Passing("fell silent") from error
    except httpx2.ConnectError as error:
        raise Passing(f"cannot be reached ({error})") from error
    except httpx2.TransportError as error:
        raise Passing("was cut") from error


def _wait(url: str, failures: int, passing: Passing, patience: Patience, stop: Event) -> None:
    """Pause before the next attempt, or give up."""
    if failures >= patience.failures:
        what = f"{passing.what}, {failures} times in a row"
        raise FetchError(url, what, "check the connection and run it again; what came is kept")
    if stop.wait(patience.pause_s(failures, passing.asked_s)):
        raise Stopped
