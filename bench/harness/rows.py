"""The rows of the table, by groups that share their runs. Every number comes from this very run."""
import os
import re
import shutil
import subprocess
import time
from statistics import median

from .bursts import FULL_SPEED, MemoryWatch, bare_burst, in_turns, publish, relay_burst
from .home import rows as home_rows
from .lag import live_lags, quantile
from .lag import rows as lag_rows
from .listeners import rows as listeners
from .peers import node
from .processes import Failed, wait_until
from .results import Result, absent, at_least, at_most, limit, verdict
from .stage import Relay, Sink
from .streams import rows as streams

NO_OUTBOX = "no --outbox yet"


def scanner_floor(row, runs):
    """Beside the bare subscriber, so that nobody takes that one for the limit."""
    scanner, bare = runs["scanner"], runs["bare"]
    return Result(row, "a second floor: the scanner alone, beside hiredis' reader", f"{scanner.rate:,.0f}/s, {scanner.cpu_us:.3f} us",
                  f"{bare.rate:,.0f}/s, {bare.cpu_us:.3f} us", f"{scanner.cpu_us / bare.cpu_us:.2f}")


def prices(stage):
    messages = stage.options.pick(2_000_000, 20_000)
    feed = stage.feed("price", messages)
    subjects = {"bare": lambda: bare_burst(stage, feed, messages),
                "scanner": lambda: bare_burst(stage, feed, messages, "bare-scanner"),
                "live": lambda: relay_burst(stage, feed, messages, "--no-history"),
                "history": lambda: relay_burst(stage, feed, messages)}
    if stage.has_outbox:
        subjects["away"] = lambda: relay_burst(stage, feed, messages, away=True)
    runs = in_turns(stage, messages, **subjects)
    stage.forget_feeds()
    bare, live, history = runs["bare"], runs["live"], runs["history"]
    rows = [at_least("throughput-live", f"{messages:,} price messages, live only, none lost", live.rate, bare.rate, 0.95, "/s"),
            at_least("throughput-history", "the same with history", history.rate, bare.rate, 0.88, "/s"),
            absent("throughput-away", "the same while the database is away", NO_OUTBOX),
            at_most("cpu-live", "CPU per price message, live only", live.cpu_us, bare.cpu_us, 1.45, " us"),
            scanner_floor("floor-scanner", runs),
            at_most("cpu-history", "with history", history.cpu_us, bare.cpu_us, 2.1, " us"),
            absent("cpu-away", "into the outbox", NO_OUTBOX),
            Result("settled", "the last message acknowledged, after the first was published",
                   f"live {live.settled_seconds:.2f} s, history {history.settled_seconds:.2f} s",
                   f"{median(burst.seconds for burst in bare.all):.2f} s"),
            limit("memory-full-speed", "anonymous memory at full speed with history", history.anonymous_mb, 24, " MB")]
    if stage.has_outbox:
        rows[2] = at_least("throughput-away", rows[2].what, runs["away"].rate, bare.rate, 0.75, "/s")
        rows[6] = at_most("cpu-away", rows[6].what, runs["away"].cpu_us, bare.cpu_us, 3.0, " us")
    return rows


def tls(stage):
    """What it costs to reach Redis over TLS instead of a unix socket."""
    messages = stage.options.pick(1_000_000, 20_000)
    feed = stage.feed("price", messages)
    runs = in_turns(stage, messages, plain=lambda: relay_burst(stage, feed, messages, "--no-history"),
                    tls=lambda: relay_burst(stage, feed, messages, "--no-history", *stage.redis.tls_flags))
    stage.forget_feeds()
    return [limit("cpu-live-tls", f"CPU per price message, live only, over TLS: more than the {runs['plain'].cpu_us:.2f} us without",
                  runs["tls"].cpu_us - runs["plain"].cpu_us, 0.3, " us", 2)]


def orders(stage):
    messages = stage.options.pick(500_000, 5_000)
    feed = stage.feed("order", messages)
    runs = in_turns(stage, messages, bare=lambda: bare_burst(stage, feed, messages),
                    scanner=lambda: bare_burst(stage, feed, messages, "bare-scanner"),
                    history=lambda: relay_burst(stage, feed, messages))
    stage.forget_feeds()
    bare, history = runs["bare"], runs["history"]
    # Its entry, and its live value as far as no newer one has overtaken it: no relay can do with less than both floors.
    sending = [bare_sender(stage) for _ in range(stage.options.repetitions)]
    sent = history.sent_bytes / messages
    floor = bare.cpu_us + median(cpu / size for size, _, cpu in sending) * 1e6 * sent
    return [at_most("cpu-orders", f"CPU per order message (1.2 kB), with history, over receiving it ({bare.cpu_us:.2f} us) "
                    f"and sending its {sent:,.0f} bytes", history.cpu_us, floor, 1.8, " us"),
            scanner_floor("floor-scanner-orders", runs),
            limit("memory-orders", "anonymous memory meanwhile", history.anonymous_mb, 48, " MB")]


def bare_sender(stage):
    """Bytes, seconds and CPU seconds of sending bodies of 1 MiB, and nothing else."""
    bodies = stage.options.pick(500, 10)
    sink = Sink(stage)
    done = subprocess.run([stage.options.program("bench", "bare-sender"), f"{sink.url}/.json", str(1 << 20), str(bodies)],
                          stdout=subprocess.PIPE, check=True, text=True).stdout
    requests, _ = sink.stop()
    if requests != bodies:
        raise Failed(f"the sink got {requests} of {bodies} bodies")
    return tuple(float(number) for number in re.findall(r"[\d.]+", done))


def sender(stage):
    """What sending the history of the prices row costs by itself."""
    size, elapsed, cpu = bare_sender(stage)
    return [Result("bare-sender", "floor of sending: libcurl, bodies of 1 MiB", f"{size / elapsed / 1e6:,.0f} MB/s",
                   f"{1e9 * cpu / size:.3f} ns a byte")]


def idle(stage):
    seconds = stage.options.pick(30, 2)
    sink = Sink(stage)
    relay = Relay(stage, sink, *FULL_SPEED)
    time.sleep(stage.options.pick(5, 1))
    cpu, wakeups = relay.child.cpu_seconds(), relay.child.wakeups()
    time.sleep(seconds)
    cpu, wakeups = relay.child.cpu_seconds() - cpu, relay.child.wakeups() - wakeups
    memory = relay.child.anonymous_bytes()
    messages = stage.options.pick(1_000_000, 20_000)
    publish(stage, relay.child, stage.feed("price", messages))
    relay.wait_for(messages)
    time.sleep(stage.options.pick(15, 1))
    rest = relay.child.anonymous_bytes()
    relay.stop()
    sink.stop()
    stage.forget_feeds()
    return [limit("memory-idle", "anonymous memory when idle", memory / 1e6, 10, " MB"),
            Result("memory-rest", f"the same 15 s after {messages:,} price messages at full speed", f"{rest / 1e6:.1f} MB"),
            limit("idle-cpu", "CPU when idle, of a core", 100 * cpu / seconds, 0.2, " %", 3),
            limit("idle-wakeups", "wake-ups when idle", wakeups / seconds, 20, "/s")]


def start_stop(stage):
    starts, stops = [], []
    for _ in range(stage.options.pick(7, 2)):
        sink = Sink(stage)
        relay = Relay(stage, sink)
        starts.append(relay.start_seconds * 1000)
        time.sleep(1)
        begin = time.monotonic()
        relay.stop()
        stops.append((time.monotonic() - begin) * 1000)
        sink.stop()
        wait_until("its end at Redis", lambda: stage.redis.subscribers() == 0)
    return [limit("start", "start to subscribed", median(starts), 100, " ms"),
            limit("stop", "SIGTERM to exit when idle", median(stops), 50, " ms")]


def disk(stage):
    seconds = stage.options.pick(60, 2)
    what = f"bytes written to disk in {seconds} healthy seconds at 100 price messages/s"
    if not stage.has_outbox:
        return [absent("disk", what, NO_OUTBOX)]
    sink = Sink(stage, latency_ms=1)
    relay = Relay(stage, sink)
    stage.published(stage.broker(100, seconds=1), 20)
    time.sleep(1)
    before = relay.child.disk_bytes()
    stage.published(stage.broker(100, seconds=seconds), seconds + 20)
    written = relay.child.disk_bytes() - before
    sink.leave()
    published = stage.published(stage.broker(100, seconds=2), 20)
    time.sleep(2)
    counts = relay.child.disk_bytes() > before + written
    sink.come_back()
    relay.wait_for(published + 100 * (seconds + 1))
    relay.stop()
    sink.stop()
    if not counts:
        return [absent("disk", what, "this file system counts no writes, not even those of an outage")]
    return [limit("disk", what, written, 0, " B", 0)]


def size_of_archive(folder, messages):
    """Bytes of its days, which have a line for each message."""
    lines = size = 0
    for name in os.listdir(folder):
        if not name.endswith(".jsonl"):
            continue
        day = os.path.join(folder, name)
        size += os.path.getsize(day)
        with open(day, "rb") as file:
            lines += sum(1 for _ in file)
    if lines != messages:
        raise Failed(f"{lines} lines in an archive of {messages} messages")
    return size


def archive(stage):
    """What --archive costs beside history: CPU, and bytes on its disk before a day is sealed."""
    messages = stage.options.pick(1_000_000, 20_000)
    feed = stage.feed("price", messages)
    sizes = []
    def archived():
        folder = stage.new_file("archive")
        burst = relay_burst(stage, feed, messages, "--archive", folder)
        sizes.append(size_of_archive(folder, messages))
        shutil.rmtree(folder)
        return burst
    runs = in_turns(stage, messages, history=lambda: relay_burst(stage, feed, messages), archive=archived)
    stage.forget_feeds()
    return [at_most("cpu-archive", "CPU per price message, with history and archive, beside history alone", runs["archive"].cpu_us,
                    runs["history"].cpu_us, 1.15, " us"),
            Result("archive-bytes", "bytes of a price message in the archive, not sealed", f"{median(sizes) / messages:,.0f} B")]


def growth(stage):
    messages = stage.options.pick(500_000, 20_000)
    counts = {"few": messages, "many": messages, "large": stage.options.pick(20_000, 500)}
    feeds = {"few": stage.feed("price", messages), "many": stage.feed("price", messages, tickers=10_000),
             "large": stage.feed("price", counts["large"], size=20_000)}
    def burst(name):
        return lambda: relay_burst(stage, feeds[name], counts[name])
    runs = in_turns(stage, counts, **{name: burst(name) for name in feeds})
    cost = {name: runs[name].cpu_us for name in feeds}
    size = {name: os.path.getsize(feeds[name]) / counts[name] for name in feeds}
    stage.forget_feeds()
    return [at_most("growth-tickers", "CPU per message, tickers 10 -> 10,000", cost["many"], cost["few"], 1.6, " us"),
            at_most("growth-bytes", "CPU per byte, message 200 B -> 20 kB", 1000 * cost["large"] / size["large"],
                    1000 * cost["few"] / size["few"], 1.0, " ns")]


def workers(stage):
    messages = stage.options.pick(1_000_000, 20_000)
    feed = stage.feed("price", messages)
    runs = in_turns(stage, messages, one=lambda: relay_burst(stage, feed, messages, "--workers", "1"),
                    two=lambda: relay_burst(stage, feed, messages, "--workers", "2"))
    stage.forget_feeds()
    one, two = runs["one"], runs["two"]
    return [Result("workers", f"--workers 1 -> 2 on {os.cpu_count()} cores, with history",
                   f"{two.rate:,.0f}/s, {two.cpu_us:.2f} us", f"{one.rate:,.0f}/s, {one.cpu_us:.2f} us",
                   f"{two.rate / one.rate:.2f}")]


def catch_up(stage):
    """An outage at 20,000 messages/s, then the database is back while 1,000/s go on."""
    what = ("catch-up after an outage, x the rate that came in", "live lag meanwhile and for the rest of its first second, interval 250 ms",
            "anonymous memory in the outage: most; second half over first")
    names = ("catch-up", "catch-up-live-lag", "memory-outage")
    if not stage.has_outbox:
        return [absent(name, text, NO_OUTBOX) for name, text in zip(names, what)]
    rate = stage.options.pick(20_000, 5_000)
    messages = stage.options.pick(1_000_000, 10_000)
    sink = Sink(stage, latency_ms=1, record=True, record_bytes=8192)
    relay = Relay(stage, sink, *FULL_SPEED)
    time.sleep(0.5)
    sink.leave()
    watch = MemoryWatch(relay.child)
    stage.published(stage.broker(rate, messages=messages), 10 * messages / rate + 60, rate)
    relay.wait_for(messages, all_acknowledged=False)
    most = watch.stop()
    half = (watch.samples[0][0] + watch.samples[-1][0]) / 2
    first = max((size for at, size in watch.samples if at <= half), default=1)
    second = max((size for at, size in watch.samples if at > half), default=0)
    away = relay.metrics()
    if away["outbox_batches"] == 0 or away["messages_in_flight"] < messages:
        raise Failed(f"{away['messages_in_flight']:.0f} of {messages} wait, {away['outbox_batches']:.0f} batches in the outbox")
    broker = stage.broker(1_000)
    time.sleep(0.5)
    sink.come_back()
    back_ms = time.time() * 1000
    def answered():
        now = relay.metrics()
        return now if now["messages_delivered_total"] > away["messages_delivered_total"] else None
    first_answer = wait_until("the first answer", answered, 60, every=0.01)
    begin, first_ms = time.monotonic(), time.time() * 1000
    wait_until("an empty outbox", lambda: relay.metrics()["outbox_batches"] == 0, 600, every=0.05)
    seconds = time.monotonic() - begin
    caught_up = relay.metrics()["messages_delivered_total"] - first_answer["messages_delivered_total"]
    time.sleep(max(0, 1 - seconds))  # a short catch-up: some flushes, or there is no lag to see
    last_ms = time.time() * 1000
    broker.stop()
    published = messages + stage.published(broker, 10)
    relay.wait_for(published)
    relay.stop()
    sink.stop()
    lags = live_lags(sink, first_ms, last_ms)
    return [at_least(names[0], what[0] + f" (first answer {first_ms - back_ms:.0f} ms after the return)", caught_up / seconds,
                     rate, 5, "/s"),
            limit(names[1], what[1] + ", p99", quantile(lags, 0.99), 500, " ms", 0),
            Result(names[2], what[2], f"{most / 1e6:.1f} MB; {second / first:.2f}", target="<= 32 MB, flat",
                   verdict=verdict(most <= 32e6 and second <= 1.1 * first))]


GROUPS = {
    "prices": (prices, ("throughput-live", "throughput-history", "throughput-away", "cpu-live", "floor-scanner", "cpu-history",
                        "cpu-away", "settled", "memory-full-speed")),
    "tls": (tls, ("cpu-live-tls",)),
    "orders": (orders, ("cpu-orders", "floor-scanner-orders", "memory-orders")),
    "sender": (sender, ("bare-sender",)),
    "idle": (idle, ("memory-idle", "memory-rest", "idle-cpu", "idle-wakeups")),
    "start-stop": (start_stop, ("start", "stop")),
    "disk": (disk, ("disk",)),
    "lag": (lag_rows, ("lag", "lag-idle", "lag-interval-0")),
    "catch-up": (catch_up, ("catch-up", "catch-up-live-lag", "memory-outage")),
    "archive": (archive, ("cpu-archive", "archive-bytes")),
    "growth": (growth, ("growth-tickers", "growth-bytes")),
    "workers": (workers, ("workers",)),
    "home": (home_rows, ("home-cpu", "home-wakeups", "redis-restart-1", "redis-restart-5", "return")),
    "listeners": (listeners, ("listeners", "listeners-refused")),
    "streams": (streams, ("streams-throughput", "streams-cpu", "streams-memory", "streams-catch-up", "streams-commit-redis",
                          "streams-commit-relay")),
    "node": (node, ("node-live", "node-live-memory", "node-history", "node-history-memory", "node-away")),
}
