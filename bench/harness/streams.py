"""Redis Streams in place of pub/sub: full speed beside a bare XREAD, a backlog, and what a commit costs."""
import time
from statistics import median

from .bursts import FULL_SPEED, bare_burst, in_turns, relay_burst
from .processes import Failed
from .results import at_least, at_most, limit
from .stage import Relay, Sink

STREAM = "bus"
GROUP = "firebase-relay"  # the relay's default
OVER_STREAM = ("--streams", STREAM)


def from_empty(stage, burst, *arguments):
    """Each subject takes what is added while it reads, and nothing that was there."""
    stage.redis.command("DEL", STREAM)
    return burst(stage, *arguments)


def full_speed(stage):
    messages = stage.options.pick(1_000_000, 20_000)
    feed = stage.feed("price", messages, stream=STREAM)
    runs = in_turns(stage, messages,
                    bare=lambda: from_empty(stage, bare_burst, feed, messages, "bare-subscriber", STREAM),
                    live=lambda: from_empty(stage, relay_burst, feed, messages, "--no-history", *OVER_STREAM))
    stage.forget_feeds()
    bare, live = runs["bare"], runs["live"]
    return [at_least("streams-throughput", f"{messages:,} price messages over a stream, live only, none lost", live.rate, bare.rate,
                     0.95, "/s"),
            at_most("streams-cpu", "CPU per price message over a stream, live only, beside a bare XREAD", live.cpu_us, bare.cpu_us,
                    1.8, " us"),
            limit("streams-memory", "anonymous memory meanwhile", live.anonymous_mb, 8, " MB")]


def backlog(stage):
    """Entries come while no relay runs. Then one starts, with history: until the last of them is acknowledged."""
    rate = stage.options.pick(20_000, 5_000)
    messages = stage.options.pick(1_000_000, 10_000)
    stage.redis.command("DEL", STREAM)
    stage.redis.command("XGROUP", "CREATE", STREAM, GROUP, "0", "MKSTREAM")
    stage.published(stage.broker(rate, messages=messages, stream=STREAM), 10 * messages / rate + 60, rate)
    seconds = []
    for _ in range(stage.options.repetitions):
        stage.redis.command("XGROUP", "SETID", STREAM, GROUP, "0")
        sink = Sink(stage)
        begin = time.monotonic()
        relay = Relay(stage, sink, *FULL_SPEED, *OVER_STREAM)
        relay.wait_for(messages)
        seconds.append(time.monotonic() - begin)
        relay.stop()
        sink.stop()
    return [at_least("streams-catch-up", f"a backlog of {messages:,}, from the start until all is acknowledged, x the rate that came in",
                     messages / median(seconds), rate, 5, "/s")]


def commit(stage):
    """Microseconds of a commit: Redis' for the script, and the relay's for it and the read of the entry that it notes.
    One difference is noise, and may be below zero: what --quick shows there means nothing."""
    seconds = stage.options.pick(10, 2)
    stage.redis.command("DEL", STREAM)
    sink = Sink(stage)
    relay = Relay(stage, sink, "--heartbeat-seconds", "0", "--channels", "taken", *OVER_STREAM)

    def spend(each_second):
        before = relay.child.cpu_seconds()
        for _ in range(seconds):
            each_second()
            time.sleep(1)
        return 1e6 * (relay.child.cpu_seconds() - before) / seconds

    def add():  # it is passed over: nothing is sent, and the group moves
        stage.redis.command("XADD", STREAM, "*", "channel", "other", "data", "{}")
    add()
    time.sleep(stage.options.pick(5, 2))
    idle, busy, script = [], [], []
    for _ in range(stage.options.repetitions):
        idle.append(spend(lambda: None))
        stage.redis.command("CONFIG", "RESETSTAT")
        used = spend(add)
        commits, script_us = stage.redis.calls("eval")
        if commits < seconds / 2:
            raise Failed(f"{commits} commits in {seconds} s")
        busy.append(used)
        script.append(script_us / commits)
    relay.stop()
    sink.stop()
    return [limit("streams-commit-redis", "CPU of Redis for a commit, one a second", median(script), 200, " us", 0),
            limit("streams-commit-relay", f"of the relay in such a second, with the read of the entry: more than the {median(idle):.0f} us of "
                  "an idle one", median(busy) - median(idle), 200, " us", 0)]


def rows(stage):
    return full_speed(stage) + backlog(stage) + commit(stage)
