"""The API against its own document: whatever is asked, no server error and no answer but the
documented ones, over SQLite and PostgreSQL, open and with keys.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from schemathesis.engine import Status, events, from_schema
from serving import running

from cablewatch.service.server import Server
from cablewatch.stores.alerts import AlertReader, AlertStore
from cablewatch.stores.keys import KeyStore
from cablewatch.stores.sql.database import Database

SEED = 20241117
EXAMPLES = 5  # of each operation, beside those at the edges of what is allowed
# 400 and 422, for no schema says that `from` is not after `to`, or that to assign takes a name
ACCEPTED = ["2xx", "400", "404", "409", "422"]
BEYOND_LIMIT = "Invalid component: parameter `limit`"  # taken for the most: OGC 17-069r4, fc-limit


class Ending(Server):
    """A server whose event streams end as they begin."""

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.config.app.state.stopping.set()


def failures(url: str, examples: int = EXAMPLES, **headers: str) -> Iterator[str]:
    """What answers have that the document at an address has not, a text each."""
    config = schemathesis.Config.from_dict(
        {
            "seed": SEED,
            "headers": headers,
            "generation": {"max-examples": examples, "database": "none"},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )
    schema = schemathesis.openapi.from_url(url, config=config)
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            yield from _failed(event)
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield str(event)


def _failed(event: events.ScenarioFinished) -> Iterator[str]:
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.status == Status.FAILURE:
                said = str(check.failure_info.failure)
                asked = event.recorder.cases[case_id].value.as_curl_command()
                if BEYOND_LIMIT not in said or "/ogc/" not in asked:
                    yield f"{check.name}: {said}\n  {asked}"


DOCUMENTS = pytest.mark.parametrize("document", ["/openapi.json", "/ogc/api"])


def with_keys(store: Path, url: str) -> str:
    """Move the alerts of a store to another database; a key for it."""
    alerts = AlertReader(store / "alerts.sqlite").latest().alerts
    AlertStore(url).append(alerts)
    return KeyStore(Database.to_write(url)).make("everything", ["admin"])[1]


@DOCUMENTS
def test_every_answer_is_documented(store, document):
    with running(store, kind=Ending) as server:
        found = list(failures(server.url + document))
    assert not found, "\n".join(found)


@DOCUMENTS
def test_every_answer_is_documented_where_keys_are_asked_for(store, empty_postgres, document):
    token = with_keys(store, empty_postgres)
    guarded = {"require_keys": True, "requests_per_minute": 100_000, "failures_per_minute": 10_000}
    with running(store, kind=Ending, database_url=empty_postgres, **guarded) as server:
        found = list(failures(server.url + document, Authorization=f"Bearer {token}"))
    assert not found, "\n".join(found)


@pytest.mark.soak
@DOCUMENTS
def test_every_answer_is_documented_however_much_is_asked(store, document):
    with running(store, kind=Ending) as server:
        found = list(failures(server.url + document, examples=300))
    assert not found, "\n".join(found)
