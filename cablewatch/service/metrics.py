"""Every figure that Prometheus can read of this program.

The service counts requests and clients. What the store holds, and what a watcher said there of its
sources, is looked up when it is asked for.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import accumulate

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from cablewatch.errors import StoreError
from cablewatch.service.folder import StoreFolder
from cablewatch.stores.events import now_ms
from cablewatch.stores.feed_state import FeedState, FeedStateStore
from cablewatch.stores.places import total_bytes
from cablewatch.stores.tallies import alerts_held, deliveries_held

SAID_MS = 30_000  # a watcher says how its sources are every 5 s
MEDIA_TYPE = CONTENT_TYPE_LATEST
LATENCIES_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
DELIVERY_STATES = ("pending", "delivered", "dead")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Figures of one process, under names that begin with ``cablewatch_``."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "cablewatch_http_requests",
            "Requests, by route and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "cablewatch_http_request_seconds",
            "Time until the answer began.",
            ("route",),
            buckets=LATENCIES_S,
            registry=registry,
        )
        self.streams = Gauge(
            "cablewatch_event_stream_clients", "Clients of event streams.", registry=registry
        )

    def answered(self, method: str, route: str, status: str, seconds: float) -> None:
        """Count a request; what a client makes up is no label."""
        method = method if method in METHODS else "other"
        self.requests.labels(method, route, status).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All figures, in the text format."""
        return generate_latest(self.registry)


class StoreCollector(Collector):
    """What a store holds, at the moment it is asked."""

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield figures; of a database that cannot be read, only that."""
        readable = GaugeMetricFamily("cablewatch_store_readable", "1 if alerts can be read.")
        try:
            database = self._folder.alerts.database
            yield from (_alerts(alerts_held(database)), _deliveries(deliveries_held(database)))
            yield from _feeds(FeedStateStore(database).all(), now_ms() - SAID_MS)
        except StoreError:
            readable.add_metric((), 0)
        else:
            readable.add_metric((), 1)
        yield readable
        size = GaugeMetricFamily("cablewatch_store_bytes", "Size of the files of the store.")
        with suppress(StoreError):
            size.add_metric((), total_bytes(self._folder.path))
        yield size


def _alerts(held: Mapping[tuple[str, str, str], int]) -> Metric:
    labels = ("kind", "severity", "state")
    family = GaugeMetricFamily("cablewatch_alerts", "Alerts stored.", labels=labels)
    for said, count in held.items():
        family.add_metric(said, count)
    return family


def _feeds(states: Mapping[str, FeedState], since_ms: int) -> Iterator[Metric]:
    """What came of live sources, and how they are; of a watcher silent since then, that none is."""
    receiving = GaugeMetricFamily(
        "cablewatch_feed_receiving", "1 while a source brings something.", labels=("source",)
    )
    cuts = CounterMetricFamily("cablewatch_feed_cuts", "Cuts of a source.", labels=("source",))
    fixes = CounterMetricFamily(
        "cablewatch_ingest_fixes", "Fixes read from live sources.", labels=("source",)
    )
    refused = CounterMetricFamily(
        "cablewatch_ingest_refused", "What was read and not accepted.", labels=("source", "reason")
    )
    lateness = HistogramMetricFamily(
        "cablewatch_ingest_lateness_seconds", "Age of fixes as they came.", labels=("source",)
    )
    waiting = GaugeMetricFamily(
        "cablewatch_ingest_backlog_rows", "Read and not yet judged.", labels=("source",)
    )
    for name, (feed, said_ms) in states.items():
        receiving.add_metric((name,), feed["state"] == "receiving" and said_ms >= since_ms)
        cuts.add_metric((name,), feed["cuts"])
        fixes.add_metric((name,), feed["fixes"])
        lost = {"lost": feed["lost_messages"]}
        for reason, n in {**feed["refused"], **feed["shed"], **lost}.items():
            refused.add_metric((name, reason), n)
        ages = list(accumulate(feed["ages_s"].values()))
        bounds = [f"{float(bound)}" for bound in feed["ages_s"]]
        buckets = [*zip(bounds, ages, strict=True), ("+Inf", (ages or [0])[-1] + feed["older"])]
        lateness.add_metric((name,), buckets, feed["age_sum_s"])
        waiting.add_metric((name,), feed["backlog_rows"])
    yield from (receiving, cuts, fixes, refused, lateness, waiting)


def _deliveries(held: Mapping[str, int]) -> Metric:
    text = "Webhooks by state; dead ones were given up."
    family = GaugeMetricFamily("cablewatch_webhook_deliveries", text, labels=("state",))
    for state in DELIVERY_STATES:
        family.add_metric((state,), held.get(state, 0))
    return family
