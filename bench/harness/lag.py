"""How long a message took from its publisher to its acknowledgement, from what the sink recorded: no clock or counter of
the relay's is asked. A history key begins with the message's own time, in milliseconds (firebase_relay/history_key.h)."""
import re
from datetime import datetime, timezone

from .bursts import FULL_SPEED
from .processes import Failed
from .results import MET, MISSED, Result
from .stage import Relay, Sink

ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
VALUES = {ord(character): value for value, character in enumerate(ALPHABET)}
HISTORY_KEY = re.compile(rb'"history/[^"]*/(.{8}).{12}":')
LIVE_TIME = re.compile(rb'"services/[^"/]+/timestamp":("?)([^",}]+)')


def time_of_key(text):
    number = 0
    for character in text:
        number = number * 64 + VALUES[character]
    return number


def history_lags(sink):
    """ms from every message's own time to its answer."""
    return [at - time_of_key(key) for at, body in sink.answers() for key in HISTORY_KEY.findall(body)]


def live_lags(sink, first_ms, last_ms):
    """Of every answer the age of the oldest ticker time that it carried, of those published between the two times: how
    old the live tree was allowed to get."""
    lags = []
    for at, body in sink.answers():
        times = []
        for quote, text in LIVE_TIME.findall(body):
            if quote:
                stamp = datetime.fromisoformat(text.decode())
                times.append((stamp if stamp.tzinfo else stamp.replace(tzinfo=timezone.utc)).timestamp() * 1000)
            else:
                times.append(float(text) * 1000)
        published = [time for time in times if first_ms <= time <= last_ms]
        lags += [at - min(published)] if published else []
    if not lags:
        raise Failed("no live value was published and answered meanwhile")
    return lags


def quantile(values, q):
    if not values:
        raise Failed("no lag was seen: nothing was delivered")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def measure(stage, rate, seconds, *flags, latency_ms=1):
    sink = Sink(stage, latency_ms=latency_ms, record=True)
    relay = Relay(stage, sink, *FULL_SPEED, "--heartbeat-seconds", "0", *flags)
    broker = stage.broker(rate, seconds=seconds)
    messages = stage.published(broker, seconds + 60, rate)
    relay.wait_for(messages)
    relay.stop()
    sink.stop()
    lags = history_lags(sink)
    if len(lags) != messages:
        raise Failed(f"{messages} published, {len(lags)} in the sink")
    return lags


def row(name, what, lags, p50=None, p99=None):
    half, most = quantile(lags, 0.5), quantile(lags, 0.99)
    is_met = (p50 is None or half <= p50) and most <= p99
    target = (f"p50 <= {p50}, " if p50 else "") + f"p99 <= {p99} ms"
    return Result(name, what, f"p50 {half:.0f} ms, p99 {most:.0f} ms", target=target, verdict=MET if is_met else MISSED)


def rows(stage):
    pick = stage.options.pick
    seconds = pick(20, 2)
    at_100 = measure(stage, pick(10_000, 1_000), seconds, "--flush-interval-ms", "100")
    idle = measure(stage, 1 if not stage.options.quick else 4, pick(60, 1), "--flush-interval-ms", "100")
    at_0 = measure(stage, pick(10_000, 1_000), seconds, "--flush-interval-ms", "0")
    return [row("lag", "published -> acknowledged, 10,000/s, interval 100 ms, database 1 ms away", at_100, 60, 110),
            row("lag-idle", "the same at 1 message/s (database: 1 to 2 ms)", idle, p99=7),
            row("lag-interval-0", "the same at 10,000/s, interval 0", at_0, p99=10)]
