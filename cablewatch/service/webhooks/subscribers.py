"""Who may subscribe, by the same rules over HTTP and at the machine of the store."""

import secrets
from typing import Any

from pydantic import ValidationError

from cablewatch.errors import UsageError
from cablewatch.output.text import canonical_json, rfc3339
from cablewatch.service.webhook_schemas import Interest, NewWebhook
from cablewatch.service.webhooks.connection import SECONDS, Reply, post
from cablewatch.service.webhooks.destinations import Destinations
from cablewatch.service.webhooks.message import new_secret, signed
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.subscriptions import Subscription, SubscriptionStore


def asked(url: str, **wanted: Any) -> NewWebhook:
    """What somebody asks for in words; UsageError names the first that cannot be used."""
    try:
        return NewWebhook.model_validate({"url": url, "wanted": wanted})
    except ValidationError as error:
        wrong = error.errors()[0]
        name = next(str(part) for part in reversed(wrong["loc"]) if isinstance(part, str))
        raise UsageError(name, str(wrong.get("input"))[:80], wrong["msg"]) from None


def wanted_of(asked: NewWebhook) -> Wanted:
    """Which alerts somebody asks for."""
    of = asked.wanted or Interest.model_validate({})
    kinds = None if of.kind is None else tuple(of.kind)
    return Wanted(kinds=kinds, severity=of.severity, mmsi=of.mmsi, cable=of.cable)


def subscribe(
    database: Database, destinations: Destinations, asked: NewWebhook, key: str | None = None
) -> Subscription:
    """Tell a URL of what happens from now on; UsageError where nothing may be sent there.

    The same `key` again is the same subscriber, as it was asked for the first time.
    """
    destinations.check(asked.url)
    return SubscriptionStore(database).add(asked.url, new_secret(), wanted_of(asked), key=key)


def send_test(of: Subscription, destinations: Destinations) -> Reply:
    """Send a message of the type `test`, signed as others are; it is no delivery.

    Raises
    ------
    UsageError
        Nothing may be sent there.
    SendError
        There was no answer.
    """
    at_ms = now_ms()
    body = canonical_json({"type": "test", "timestamp": rfc3339(at_ms), "data": {}}).encode()
    destinations.target(of.url)
    headers = signed(f"test_{secrets.token_hex(8)}", body, of.secret, at_ms)
    return post(of.url, headers, body, destinations, SECONDS)
