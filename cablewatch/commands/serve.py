"""`cablewatch serve`: a store over HTTP, until Ctrl-C."""

import os
import signal
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cablewatch.commands.options import ConfigOption, DatabaseOption, HostOption, PortOption
from cablewatch.commands.terminal import say
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.service.settings import Settings


def serve(
    store: Annotated[
        str | None, typer.Option(help="Folder or URL that replay --store wrote")
    ] = None,
    port: PortOption = None,
    host: HostOption = None,
    database: DatabaseOption = None,
    log_format: Annotated[str | None, typer.Option(help="text or json")] = None,
    config: ConfigOption = None,
    ends_with_input: Annotated[
        bool, typer.Option("--ends-with-input", hidden=True, help="End when the input does")
    ] = False,
) -> None:
    """Serve a store: alerts, tracks and cables as GeoJSON, and a page that draws them.

    Ends with Ctrl-C. On a loopback address it answers to the names of this machine alone. A folder
    that is empty yet is served: what a replay writes into it is there at the next request.
    Everything else is set in cablewatch.toml or the environment: see 'cablewatch config show'.

    Example: cablewatch serve --store november
    """
    if ends_with_input:
        Thread(target=_end_with_input, daemon=True).start()
    run_server(
        config,
        store=store,
        host=host,
        port=port,
        database_url=database,
        log_format=log_format,
    )


def _end_with_input() -> None:
    """Ask this process to end once nobody holds the other end of its input, killed or not."""
    while os.read(0, 1 << 10):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def run_server(config: Path | None = None, **options: Any) -> None:
    """Serve until interrupted; a folder that is no store, or a damaged one, is an error at once."""
    settings = settings_of(config, **options)
    from cablewatch.places import place_of
    from cablewatch.service import create_app
    from cablewatch.service.server import listen, run

    if settings.store is None:
        do = "give --store, or set it in cablewatch.toml"
        raise UsageError("serve", "no store is named", do)
    store = place_of(settings.store)
    application = create_app(store, settings.own_names, settings)
    empty = not any(store.iterdir())
    if not empty:
        application.state.folder.check()
    listening = listen(settings.host, settings.port)
    if settings.exposed and not application.state.folder.has_key():
        listening.close()
        raise UsageError(
            "serve",
            f"others may reach the host {settings.host}, and there is no key",
            "make one with 'cablewatch keys create NAME --scope read'",
        )
    if empty:
        say(f"Warning: {store} is empty yet; fill it with 'cablewatch replay --store'")
    elif not application.state.folder.run().complete:
        say(f"Warning: {store} is incomplete; its page says why")
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"Serving {store} on http://{shown}:{listening.getsockname()[1]}/ (Ctrl-C ends)")
    run(application, settings, listening)


def settings_of(config: Path | None = None, **options: Any) -> "Settings":
    """Settings as options, environment and file give them."""
    try:
        import cablewatch.service.server  # noqa: F401, what else it needs
        from cablewatch.service.configuration import configuration
    except ModuleNotFoundError as error:
        raise UsageError(
            "serve", f"{error.name} is not installed", "pip install 'cablewatch[service]'"
        ) from error
    return configuration(options, config).settings
