"""Messages published as fast as Redis takes them: to the floor and to the relay, measured alike."""
import mmap
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from .processes import Failed, wait_until
from .stage import Bare, Relay, Sink

FULL_SPEED = ("--max-mb-per-minute", "0")
WARM_BYTES = 512 << 20
PIECE = 1 << 20


@dataclass
class Burst:
    seconds: float        # from the first PUBLISH until the subscriber has taken the last
    cpu_seconds: float    # of the subscriber, until it is done with them
    anonymous_bytes: int = 0
    settled_seconds: float = 0.0  # until the last was acknowledged
    sent_bytes: float = 0.0       # of the bodies of all requests


@dataclass
class Bursts:
    messages: int
    all: list = field(default_factory=list)

    @property
    def rate(self):
        return self.messages / median(burst.seconds for burst in self.all)

    @property
    def cpu_us(self):
        return 1e6 * median(burst.cpu_seconds for burst in self.all) / self.messages

    @property
    def sent_bytes(self):
        return median(burst.sent_bytes for burst in self.all)

    @property
    def anonymous_mb(self):
        return max(burst.anonymous_bytes for burst in self.all) / 1e6

    @property
    def settled_seconds(self):
        return median(burst.settled_seconds for burst in self.all)


class MemoryWatch(threading.Thread):
    """Samples anonymous memory ten times a second; keeps the time and size of each."""

    def __init__(self, child):
        super().__init__(daemon=True)
        self.child = child
        self.samples = []
        self.done = threading.Event()
        self.start()

    def run(self):
        while not self.done.is_set():
            try:
                self.samples.append((time.monotonic(), self.child.anonymous_bytes()))
            except (FileNotFoundError, ProcessLookupError):
                return
            self.done.wait(0.1)

    def stop(self):
        self.done.set()
        self.join()
        return max((size for _, size in self.samples), default=0)


def publish(stage, child, feed):
    """Seconds from the first PUBLISH until the one subscriber has taken the last, and since when."""
    begin = time.monotonic()
    stage.redis.pipe(feed)
    wait_until("the subscriber to take everything",
               lambda: child.must_run() or stage.redis.is_drained(), seconds=600, every=0.005)
    return time.monotonic() - begin, begin


def bare_burst(stage, feed, messages, program="bare-subscriber", *arguments):
    bare = Bare(stage, program, *arguments)
    watch = MemoryWatch(bare.child)  # as beside the relay
    before = bare.child.cpu_seconds()
    seconds, _ = publish(stage, bare.child, feed)
    time.sleep(0.1)  # what still stands in the socket
    cpu = bare.child.cpu_seconds() - before
    memory = watch.stop()
    received = bare.stop()
    if received != messages:
        raise Failed(f"{program} got {received} of {messages} messages")
    wait_until("its end at Redis", lambda: stage.redis.subscribers() == 0)
    return Burst(seconds, cpu, memory)


def relay_burst(stage, feed, messages, *flags, away=False):
    sink = Sink(stage)
    if away:
        sink.leave()
    relay = Relay(stage, sink, *FULL_SPEED, *flags)
    watch = MemoryWatch(relay.child)
    before = relay.child.cpu_seconds()
    seconds, begin = publish(stage, relay.child, feed)
    relay.wait_for(messages, all_acknowledged=not away)
    settled = time.monotonic() - begin
    if away:
        relay.wait_for_rest()
    cpu = relay.child.cpu_seconds() - before
    memory = watch.stop()
    sent = relay.metrics()["patch_bytes_total"]
    if away:
        sink.come_back()
        relay.wait_for(messages, seconds=300)
    relay.stop()
    sink.stop()
    wait_until("its end at Redis", lambda: stage.redis.subscribers() == 0)
    return Burst(seconds, cpu, memory, settled, sent)


@contextmanager
def warm_memory():
    """What a run takes meanwhile, and its files in the page cache, is memory that has been touched before. A virtual
    machine gives its host back free pieces of 2 MiB and more, and the first touch of such a page costs ten times the
    copy that fills it: it would be counted as the relay's. So memory is touched, and every second MiB of it given back;
    what lies between is held, so that the pieces stay small."""
    with open("/proc/meminfo", encoding="ascii") as file:
        available = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable:"))
    pieces = min(WARM_BYTES, available // 8) // PIECE
    with mmap.mmap(-1, 2 * max(pieces, 1) * PIECE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as touched:
        touched.madvise(mmap.MADV_NOHUGEPAGE)
        touched[::mmap.PAGESIZE] = b"\1" * (len(touched) // mmap.PAGESIZE)
        for begin in range(0, len(touched), 2 * PIECE):
            touched.madvise(mmap.MADV_DONTNEED, begin, PIECE)
        yield


def in_turns(stage, messages, **subjects):
    """Each subject once per repetition, one after the other, so that a busy minute of the machine hits them alike.
    `messages`: of each, or by name."""
    results = {name: Bursts(messages[name] if isinstance(messages, dict) else messages) for name in subjects}
    with warm_memory():
        for _ in range(stage.options.repetitions):
            for name, run in subjects.items():
                results[name].all.append(run())
    return results
