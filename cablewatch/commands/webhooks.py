"""`cablewatch webhooks`: who is told of alerts, managed where the store is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.options import ConfigOption, DatabaseOption
from cablewatch.commands.served import StoreOption, served
from cablewatch.commands.terminal import say
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.stores.deliveries import Delivery, Outbox
    from cablewatch.stores.sql.database import Database
    from cablewatch.stores.subscriptions import Subscription

webhooks_app = typer.Typer(
    help="Who is told of alerts as they are stored: subscribers, and messages they did not take. "
    "The service sends; these commands need no service that runs.",
    epilog="Begin: cablewatch webhooks add https://watch.example/alerts --severity warning "
    "--store november; then: cablewatch webhooks test https://watch.example/alerts "
    "--store november. Messages and signatures: docs/webhooks.md",
    no_args_is_help=True,
)

Subscriber = Annotated[str, typer.Argument(help="Id or URL of a subscriber")]


@webhooks_app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="Where messages are sent to: https")],
    kind: Annotated[
        list[str] | None, typer.Option(help="Alerts of this kind; may be repeated")
    ] = None,
    severity: Annotated[
        str | None, typer.Option(help="The least: info, watch, warning or critical")
    ] = None,
    mmsi: Annotated[int | None, typer.Option(help="Alerts of this ship")] = None,
    cable: Annotated[str | None, typer.Option(help="Id of a cable met or next")] = None,
    store: StoreOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Tell a URL of alerts from now on, and print the secret to verify messages with, this once.

    Without options it is told of all. Hosts inside this network, and http, are refused unless the
    setting webhook_hosts names them, ports but those of webhook_ports too.

    Example: cablewatch webhooks add https://watch.example/alerts --kind loitering --store november
    """
    held, settings = served("webhooks", store, database, config, make=True)
    from cablewatch.service.webhooks.destinations import Destinations
    from cablewatch.service.webhooks.subscribers import asked, subscribe

    wanted = asked(url, kind=kind, severity=severity, mmsi=mmsi, cable=cable)
    allowed = Destinations(settings.webhook_hosts, settings.webhook_ports)
    made = subscribe(held, allowed, wanted)
    say(f"Subscriber {made.id} is told from now on; the secret is shown this once:")
    print(made.secret)


@webhooks_app.command("list")
def show(
    store: StoreOption = None, database: DatabaseOption = None, config: ConfigOption = None
) -> None:
    """List subscribers: id, URL, alerts wanted, when added, and whether an answer of 410 paused it.

    Example: cablewatch webhooks list --store november
    """
    held, _ = served("webhooks", store, database, config)
    found = _all(held)
    for one in found:
        print("\t".join(_row(one)))
    if not found:
        say("There is no subscriber; 'cablewatch webhooks add' adds one")


@webhooks_app.command("remove")
def remove(
    subscriber: Subscriber,
    store: StoreOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Forget a subscriber, with all that was to be sent.

    Example: cablewatch webhooks remove 5f0c1a2b3c4d5e6f --store november
    """
    from cablewatch.stores.subscriptions import SubscriptionStore

    held, _ = served("webhooks", store, database, config)
    for one in _named(held, subscriber):
        SubscriptionStore(held).remove(one.id)
        say(f"Subscriber {one.id}, {one.url}, is forgotten")


@webhooks_app.command("resume")
def resume(
    subscriber: Subscriber,
    store: StoreOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Tell a paused subscriber again, of what happened meanwhile too.

    Example: cablewatch webhooks resume 5f0c1a2b3c4d5e6f --store november
    """
    from cablewatch.stores.subscriptions import SubscriptionStore

    held, _ = served("webhooks", store, database, config)
    for one in _named(held, subscriber):
        SubscriptionStore(held).resume(one.id)
        say(f"Subscriber {one.id}, {one.url}, is told again")


@webhooks_app.command("test")
def test(
    subscriber: Subscriber,
    store: StoreOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Send a signed message of the type `test` now, and say what was answered.

    Exit code 0 if it was taken (2xx), else 2. Nothing of it is stored or tried again.

    Example: cablewatch webhooks test 5f0c1a2b3c4d5e6f --store november
    """
    held, settings = served("webhooks", store, database, config)
    from cablewatch.service.webhooks.connection import SendError
    from cablewatch.service.webhooks.destinations import Destinations
    from cablewatch.service.webhooks.subscribers import send_test

    allowed = Destinations(settings.webhook_hosts, settings.webhook_ports)
    for one in _named(held, subscriber):
        try:
            status = send_test(one, allowed).status
        except SendError as error:
            do = "look at the receiver, and at webhook_hosts and webhook_ports"
            raise UsageError(one.url, str(error), do) from error
        if not 200 <= status < 300:
            raise UsageError(one.url, f"answered {status}", "answer 2xx once it is verified")
        say(f"{one.url} answered {status}")


@webhooks_app.command("dead")
def dead(
    subscriber: Annotated[str | None, typer.Argument(help="Id or URL; all if not given")] = None,
    store: StoreOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """List messages given up: subscriber, event, attempts, last status and error, newest first.

    Example: cablewatch webhooks dead --store november
    """
    held, _ = served("webhooks", store, database, config)
    found = _all(held) if subscriber is None else _named(held, subscriber)
    given_up = [message for one in found for message in _dead(held, one)]
    for message in given_up:
        print("\t".join(_message(message)))
    if not given_up:
        say("No message was given up")


@webhooks_app.command("redeliver")
def redeliver(
    subscriber: Subscriber,
    event: Annotated[
        list[int] | None, typer.Argument(help="Numbers of events; all dead ones if not given")
    ] = None,
    store: StoreOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Try dead messages again, as if for the first time; the service sends them.

    Example: cablewatch webhooks redeliver 5f0c1a2b3c4d5e6f 12 --store november
    """
    from cablewatch.stores.events import now_ms

    held, _ = served("webhooks", store, database, config)
    for one in _named(held, subscriber):
        known = [message.event_seq for message in _dead(held, one)]
        unknown = set(event or ()) - set(known)
        if unknown:
            found = ", ".join(map(str, sorted(unknown)))
            raise UsageError(found, "no dead message", "see 'cablewatch webhooks dead'")
        again = [seq for seq in event or known if _outbox(held).revive(one.id, seq, now_ms())]
        say(f"Sent again to {one.url}: {', '.join(map(str, again)) or 'nothing, none is dead'}")


def _outbox(held: "Database") -> "Outbox":
    from cablewatch.stores.deliveries import Outbox

    return Outbox(held)


def _dead(held: "Database", one: "Subscription") -> "Sequence[Delivery]":
    from cablewatch.stores.deliveries import DEAD

    return _outbox(held).of(one.id, (DEAD,), limit=1 << 31)


def _all(held: "Database") -> "Sequence[Subscription]":
    from cablewatch.stores.subscriptions import SubscriptionStore

    return SubscriptionStore(held).all()


def _named(held: "Database", subscriber: str) -> "Sequence[Subscription]":
    found = [one for one in _all(held) if subscriber in (one.id, one.url)]
    if not found:
        raise UsageError(subscriber, "no such subscriber", "see 'cablewatch webhooks list'")
    return found


def _row(one: "Subscription") -> tuple[str, ...]:
    from cablewatch.output.text import canonical_json, printable, rfc3339

    of = one.wanted
    said = {"kind": of.kinds, "severity": of.severity, "mmsi": of.mmsi, "cable": of.cable}
    wanted = canonical_json({name: value for name, value in said.items() if value is not None})
    return one.id, printable(one.url), printable(wanted), rfc3339(one.created_ms), one.state


def _message(of: "Delivery") -> tuple[str, ...]:
    from cablewatch.output.text import printable

    status = "" if of.status is None else str(of.status)
    seq, attempts = str(of.event_seq), str(of.attempts)
    return of.subscription_id, seq, attempts, status, printable(of.error or "")
