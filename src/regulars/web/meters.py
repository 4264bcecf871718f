"""What the face counts about itself. Labels are routes, statuses and reasons from closed lists: never who, never what."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figure(Struct, frozen=True):
    """A figure that somebody else keeps, read when it is asked for. `grows` says that it never falls."""

    meaning: str
    read: Callable[[], float]
    grows: bool = False


class Meters:
    """One set of counters per app, so that two apps in one process do not add up."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "regulars_http_requests",
            "Requests answered, by route template, method and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "regulars_http_request_seconds",
            "Seconds from the first byte of the request to the last of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._accepted = Counter(
            "regulars_events_accepted",
            "Events that were stored or are stored already, by who sent them.",
            ("sender",),
            registry=self._registry,
        )
        self._refused = Counter(
            "regulars_events_refused",
            "Events that were refused, by reason and by who sent them.",
            ("reason", "sender"),
            registry=self._registry,
        )
        self._limited = Counter(
            "regulars_http_limited",
            "Requests refused because too many came, by the limit.",
            ("limit",),
            registry=self._registry,
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route` is a template such as `/v1/customers/{identity}`, or `(none)`."""
        self._requests.labels(route, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def accepted(self, sender: str, events: int) -> None:
        self._accepted.labels(sender).inc(events)

    def refused(self, reason: str, sender: str) -> None:
        self._refused.labels(reason, sender).inc()

    def limited(self, limit: str) -> None:
        self._limited.labels(limit).inc()

    def watch(self, figures: Mapping[str, "Figure"]) -> None:
        self._registry.register(_Watched(figures))

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _Watched(Collector):
    def __init__(self, figures: Mapping[str, Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        for name, figure in self._figures.items():
            family = CounterMetricFamily if figure.grows else GaugeMetricFamily
            yield family(name, figure.meaning, value=figure.read())
