"""What an event says to a subscriber, and how it is signed (Standard Webhooks 1.0)."""

import base64
import secrets
from datetime import UTC, datetime

from standardwebhooks import Webhook

from cablewatch import __version__
from cablewatch.alerts.formats import marked_feature
from cablewatch.output.text import canonical_json, content_hash, rfc3339
from cablewatch.service.streams.told import Origin, event_of, reviewed
from cablewatch.stores.changes import Change

SECRET_BYTES = 32


def new_secret() -> str:
    """A secret to sign with."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def body_of(change: Change, origin: Origin) -> bytes:
    """The message: the same each time it is sent, but for what people made of the alert since."""
    said = {
        "type": event_of(change),
        "timestamp": rfc3339(change.at_ms),
        "data": {
            **marked_feature(change.alert, origin(change.alert)),
            "version": change.version,
            "review": reviewed(change),
        },
    }
    return canonical_json(said).encode()


def id_of(change: Change) -> str:
    """Id of a message: the number of its event, and what tells it from that of another store."""
    of = {"alert": change.alert.id, "version": change.version, "at_ms": change.at_ms}
    return f"evt_{change.seq}_{content_hash(of)[:16]}"


def headers_of(change: Change, body: bytes, secret: str, at_ms: int) -> dict[str, str]:
    """Headers of a message sent at a time; its id is the same however often it is sent."""
    return signed(id_of(change), body, secret, at_ms)


def signed(name: str, body: bytes, secret: str, at_ms: int) -> dict[str, str]:
    """Headers of a body sent at a time under an id."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": f"cablewatch/{__version__}",
        "webhook-id": name,
        "webhook-timestamp": str(at_ms // 1000),
        "webhook-signature": Webhook(secret).sign(name, moment, body.decode()),
    }
