"""A topic of Kafka as the input of a stream: Spark's own source reads it, by its own offsets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cablewatch.archives.recording import Entry
from cablewatch.cluster.packing import packed
from cablewatch.cluster.tasks import Read
from cablewatch.feeds.addresses import login, netloc, taken_apart
from cablewatch.feeds.lines import whole

MECHANISM = "SCRAM-SHA-512"
MODULES = {"SCRAM": "scram.ScramLoginModule", "PLAIN": "plain.PlainLoginModule"}


@dataclass(frozen=True)
class KafkaInput:
    """A topic; `url` is what may be shown of its address."""

    url: str
    name: str
    format: str
    server: str
    topic: str
    tls: bool
    mechanism: str = MECHANISM

    def options(self) -> dict[str, str]:
        """Options of Spark's source; the password comes from the environment."""
        user, password = login("KAFKA")
        protocol = ("SASL_" if user else "") + ("SSL" if self.tls else "PLAINTEXT")
        said = {
            "kafka.bootstrap.servers": self.server,
            "kafka.security.protocol": protocol,
            "subscribe": self.topic,
            "startingOffsets": "earliest",
            "failOnDataLoss": "true",
        }
        if user:
            module = MODULES[self.mechanism.partition("-")[0]]
            module = f"org.apache.kafka.common.security.{module}"
            shown = f'username="{_quoted(user)}" password="{_quoted(password)}"'
            said |= {
                "kafka.sasl.mechanism": self.mechanism,
                "kafka.sasl.jaas.config": f"{module} required {shown};",
            }
        return said

    def rows(self, messages: Iterable[tuple[int, int, int, bytes | None]]) -> Iterator[Read]:
        """Rows of messages: partition, offset, moment of receipt and content."""
        for partition, offset, at_ms, data in messages:
            entry = Entry(self.name, self.format, whole(data or b""), at_ms, f"{partition}")
            yield partition, at_ms, offset, packed([entry])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def kafka_input(url: str) -> KafkaInput:
    """The input of an address ``kafka://HOST:PORT/TOPIC`` or ``kafkas://``.

    Raises
    ------
    UsageError
        It names no host or topic, holds a password, or says what is not known.
    """
    address = taken_apart(url)
    host, port = address.place(port=9092)
    topic = address.subject("topic")
    mechanism = address.take("sasl", MECHANISM)
    source = address.source(f"{host}:{port}/{topic}", "nmea", True, 0.0)
    address.check_all_taken()
    tls = address.parts.scheme == "kafkas"
    said = address.url, source.name, source.format, netloc(host, port), topic, tls
    return KafkaInput(*said, mechanism)
