"""`cablewatch serve`: a store over HTTP, until Ctrl-C."""

import socket
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from cablewatch.commands.options import HostOption, PortOption
from cablewatch.commands.terminal import say
from cablewatch.errors import UsageError


def serve(
    store: Annotated[Path, typer.Option(help="Folder that replay --store wrote")],
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
) -> None:
    """Serve a store: alerts, tracks and cables as GeoJSON, and a page that draws them.

    Ends with Ctrl-C. On a loopback address it answers to the names of this machine alone. A folder
    that is empty yet is served: what a replay writes into it is there at the next request.

    Example: cablewatch serve --store november
    """
    run_server(store, host, port)


def run_server(store: Path, host: str, port: int) -> None:
    """Serve until interrupted; a folder that is no store, or a damaged one, is an error at once."""
    try:
        import uvicorn

        from cablewatch.service import create_app
    except ModuleNotFoundError as error:
        raise UsageError(
            "serve", f"{error.name} is not installed", "pip install 'cablewatch[service]'"
        ) from error
    application = create_app(store, names=_own_names(host))
    empty = not any(store.iterdir())
    if not empty:
        application.state.folder.check()
    listening = _listen(host, port)
    if not is_loopback(host):
        say(f"Warning: {host} is not loopback, and anyone who reaches it can read the store")
    if empty:
        say(f"Warning: {store} is empty yet; fill it with 'cablewatch replay --store'")
    elif not application.state.folder.run().complete:
        say(f"Warning: {store} is incomplete; its page says why")
    shown = f"[{host}]" if ":" in host else host
    say(f"Serving {store} on http://{shown}:{listening.getsockname()[1]}/ (Ctrl-C ends)")
    with suppress(KeyboardInterrupt):  # the way to end it
        config = uvicorn.Config(application, log_level="warning")
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    if not host:  # a socket takes it for every address
        raise UsageError("--host", "names no address", "give 127.0.0.1, or 0.0.0.0 for everyone")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:  # a text that is no name has no strerror
        raise UsageError(
            f"{host}:{port}",
            f"cannot be listened on: {getattr(error, 'strerror', error)}",
            "choose another --port or --host",
        ) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> [is_loopback(host) for host in ("localhost", "::1", "127.0.0.2", "127.example", "0.0.0.0")]
    [True, True, True, False, False]
    """
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _own_names(host: str) -> tuple[str, ...] | None:
    """Names that requests may call the service by; None for any, where others reach it."""
    return ("localhost", "127.0.0.1", "::1", host) if is_loopback(host) else None
