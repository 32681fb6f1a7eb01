"""The server: uvicorn with guarded connections, which ends in order when it is asked to."""

import resource
import socket
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from cablewatch.errors import UsageError
from cablewatch.service import logs
from cablewatch.service.guard.connections import Connections, GuardedProtocol
from cablewatch.service.settings import Settings

FILES_BESIDE = 256  # open files that are no connections


class Server(uvicorn.Server):
    """Ends with success on SIGTERM and SIGINT, once running requests are done or out of time."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; a second signal ends at once."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell event streams first: they would go on for ever."""
        cast(FastAPI, self.config.app).state.stopping.set()
        await super().shutdown(sockets)


def run(app: FastAPI, settings: Settings, listening: socket.socket) -> None:
    """Serve until a signal ends it."""
    logs.configure(settings)
    _allow_files(settings.max_connections + FILES_BESIDE)
    with suppress(KeyboardInterrupt):  # before the server took over the signals
        Server(config_of(app, settings)).run(sockets=[listening])


def config_of(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Settings as uvicorn has them."""
    protocol = partial(GuardedProtocol, connections=Connections(settings))
    return uvicorn.Config(
        app,
        http=cast(Any, protocol),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        h11_max_incomplete_event_size=settings.max_header_bytes,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


def listen(host: str, port: int) -> socket.socket:
    """Take the port; UsageError where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:  # a text that is no name has no strerror
        raise UsageError(
            f"{host}:{port}",
            f"cannot be listened on: {getattr(error, 'strerror', error)}",
            "choose another --port or --host",
        ) from error


def _allow_files(wanted: int) -> None:
    """Raise how many files may be open, as far as this user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
