"""`cablewatch keys`: who may use the service where others reach it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.options import ConfigOption, DatabaseOption
from cablewatch.commands.served import StoreOption, served
from cablewatch.commands.terminal import say
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.stores.keys import Key, KeyStore

NAME_CHARACTERS = 100
SCOPES = ("read", "review", "admin", "metrics")  # those of service.guard.access

keys_app = typer.Typer(help="Who may use the service where others reach it.", no_args_is_help=True)


@keys_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose it is; reviews and logs name it")],
    scope: Annotated[
        list[str], typer.Option(help="read, review (reads too), admin (all), or metrics")
    ],
    expires: Annotated[
        str | None, typer.Option(help="UTC, such as 2027-01-01; never if not given")
    ] = None,
    store: StoreOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Make a key and print it, this once; what is stored is a hash.

    Example: cablewatch keys create map.example --scope read --expires 2027-12-31 --store november
    """
    _check_name(name)
    for said in scope:
        if said not in SCOPES:
            raise UsageError("--scope", f"no scope: {said!r}", f"give one of {', '.join(SCOPES)}")
    expires_ms = None if expires is None else _later_ms(expires)
    keys = _keys(store, database, config, make=True)
    if any(key.name == name for key in _held(keys)):
        do = f"'cablewatch keys revoke {name}' first, or choose another"
        raise UsageError(name, "there is a key of this name", do)
    key, token = keys.make(name, scope, expires_ms)
    say(f"Key {key.id} of {name}, for {', '.join(sorted(key.scopes))}; it is shown this once:")
    print(token)


@keys_app.command("list")
def show(
    store: StoreOption = None, database: DatabaseOption = None, config: ConfigOption = None
) -> None:
    """List keys: id, name, scopes, when made, until when, and what became of them.

    Example: cablewatch keys list --store november
    """
    found = _keys(store, database, config).all()
    for key in found:
        print("\t".join(_row(key)))
    if not found:
        say("There is no key; 'cablewatch keys create' makes one")


@keys_app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="Id or name of a key")],
    store: StoreOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Let a key be used no more; a service that runs obeys within seconds.

    Example: cablewatch keys revoke map.example --store november
    """
    keys = _keys(store, database, config)
    found = [held for held in _held(keys) if key in (held.id, held.name)]
    if not found:
        raise UsageError(key, "no key of this id or name", "see 'cablewatch keys list'")
    for held in found:
        keys.revoke(held.id)
        say(f"Key {held.id} of {held.name} is revoked")


def _keys(
    store: Path | None, database: str | None, config: Path | None, *, make: bool = False
) -> "KeyStore":
    from cablewatch.stores.keys import KeyStore

    return KeyStore(served("keys", store, database, config, make=make)[0])


def _held(keys: "KeyStore") -> "Sequence[Key]":
    """Keys that are not revoked; expired ones too."""
    return [key for key in keys.all() if key.revoked_ms is None]


def _row(key: "Key") -> tuple[str, ...]:
    from cablewatch.output.text import printable, rfc3339
    from cablewatch.stores.events import now_ms

    expires = "" if key.expires_ms is None else rfc3339(key.expires_ms)
    state = "revoked" if key.revoked_ms is not None else "valid"
    if state == "valid" and not key.holds(now_ms()):
        state = "expired"
    scopes = " ".join(sorted(key.scopes))
    return key.id, printable(key.name), scopes, rfc3339(key.created_ms), expires, state


def _check_name(name: str) -> None:
    if not (name.strip() and name.isprintable() and len(name) <= NAME_CHARACTERS):
        do = f"give {NAME_CHARACTERS} printable characters at most"
        raise UsageError("NAME", f"no name: {name[:NAME_CHARACTERS]!r}", do)


def _later_ms(said: str) -> int:
    from cablewatch.arguments import time_ms
    from cablewatch.stores.events import now_ms

    moment = time_ms("--expires", said)
    if moment <= now_ms():
        raise UsageError("--expires", f"{said} is over", "give a time to come")
    return moment
