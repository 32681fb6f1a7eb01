"""The command line: options in, use cases called, errors as one line and exit code 2.

Use cases are imported inside the commands, so that ``--help`` never waits for the compiler.
"""

import os
import sys
from typing import Annotated, Any

import typer

from cablewatch import __version__
from cablewatch.commands.cables import cables_app
from cablewatch.commands.compact import compact
from cablewatch.commands.config import config_app
from cablewatch.commands.context import context_app
from cablewatch.commands.decode import decode
from cablewatch.commands.demo import demo
from cablewatch.commands.evaluate import evaluate
from cablewatch.commands.feeds import feeds_app
from cablewatch.commands.fetch import fetch_archives
from cablewatch.commands.investigate import investigate
from cablewatch.commands.keys import keys_app
from cablewatch.commands.migrate import migrate
from cablewatch.commands.options import FORMAT_NAMES
from cablewatch.commands.replay import replay
from cablewatch.commands.report import report
from cablewatch.commands.serve import serve
from cablewatch.commands.stream import stream
from cablewatch.commands.terminal import say
from cablewatch.commands.verify import verify
from cablewatch.commands.watch import watch
from cablewatch.commands.webhooks import webhooks_app
from cablewatch.errors import CablewatchError

__all__ = ["FORMAT_NAMES", "app", "main"]


class Commands(typer.core.TyperGroup):
    """Commands of which an interrupted one says so."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Ctrl-C, also at a question, is exit code 130."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, typer.Abort):
            say("cablewatch: interrupted")
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=Commands,
    help="Finds ships that threaten undersea cables, in AIS, and says why.",
    epilog="Exit codes: 0 done, also when nothing was found; 2 an option, a file or a store cannot "
    "be used, and the last line says what to do (what was read before a damaged place counts); "
    "1 verify sees a difference; "
    "130 interrupted. Example: cablewatch replay aisdk-2024-11-18.zip --store november",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.add_typer(cables_app, name="cables")
app.add_typer(context_app, name="context")
app.add_typer(config_app, name="config")
app.add_typer(feeds_app, name="feeds")
app.add_typer(keys_app, name="keys")
app.add_typer(webhooks_app, name="webhooks")
app.command("fetch")(fetch_archives)
app.command("replay")(replay)
app.command("watch")(watch)
app.command("stream")(stream)
app.command("investigate")(investigate)
app.command("report")(report)
app.command("verify")(verify)
app.command("decode")(decode)
app.command("serve")(serve)
app.command("compact")(compact)
app.command("migrate")(migrate)
app.command("demo")(demo)
app.command("evaluate")(evaluate)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"cablewatch {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Take the options of every command."""


def main() -> None:
    """Entry point: every error a user can mend is one line and exit code 2."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # what is held back may not fit either
    except CablewatchError as error:
        say(f"cablewatch: {error}")
        sys.exit(2)
    except OSError as error:
        if error.errno is None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more at the exit
        where = error.filename or "output"
        say(f"cablewatch: {where}: {os.strerror(error.errno)}; free some space or choose another")
        sys.exit(2)
