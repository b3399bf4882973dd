"""The stage: redis-server, feeds, and the programs that take turns on it."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass

from .processes import Child, Failed, stop_all, wait_until
from .redis import Redis


@dataclass
class Options:
    root: str
    build: str
    quick: bool = False
    repetitions: int = 3

    def program(self, *path):
        return os.path.join(self.build, *path)

    def pick(self, full, quick):
        return quick if self.quick else full


class Sink:
    """Stands in for the database. See bench/sink.cc."""

    def __init__(self, stage, latency_ms=0, record=False, record_bytes=None):
        arguments = [stage.options.program("bench", "sink"), "--latency-ms", str(latency_ms)]
        self.record = os.path.join(stage.folder, "record") if record else None
        if record:
            arguments += ["--record", self.record]
        if record_bytes:
            arguments += ["--record-bytes", str(record_bytes)]
        self.child = Child("sink", arguments, stage.logs)
        self.url = self.child.said("listening on ")

    def leave(self):
        self.child.send(signal.SIGUSR1)

    def come_back(self):
        self.child.send(signal.SIGUSR2)

    def stop(self):
        """Ends it; (requests, bytes of bodies)."""
        if self.child.stop() != 0:
            raise Failed(f"the sink failed: {self.child.output()}")
        totals = re.search(r"(\d+) requests, (\d+) bytes", self.child.output())
        return int(totals[1]), int(totals[2])

    def answers(self):
        """(time of the answer in ms since 1970, body) of every request; after stop()."""
        with open(self.record, "rb") as record:
            while True:
                head = record.readline()
                if not head:
                    return
                at, size = head.split()
                body = record.read(int(size))
                record.read(1)
                yield int(at), body


class Relay:
    def __init__(self, stage, sink, *flags):
        self.stage = stage
        arguments = [stage.options.program("src", "firebase-relay"), "run", "--redis-url", f"unix://{stage.redis.socket_path}",
                     "--database-url", f"{sink.url}/?ns=bench", "--http-listen", "127.0.0.1:0", "--instance", "bench",
                     "--log-messages=off", *flags]
        if stage.has_outbox and "--outbox" not in flags:
            arguments += ["--outbox", stage.new_file("outbox.db")]
        begin = time.monotonic()
        self.child = Child("firebase-relay", arguments, stage.logs)
        # Without a pause between two looks: this wait is itself measured.
        wait_until("the relay's subscription", lambda: self.child.must_run() or stage.redis.subscribers() > 0, every=0.001)
        self.start_seconds = time.monotonic() - begin
        self.metrics_url = self.child.said("http listening on ") + "/metrics"

    def metrics(self):
        """Every series, those of one name summed over their labels."""
        self.child.must_run()
        with urllib.request.urlopen(self.metrics_url, timeout=10) as answer:
            text = answer.read().decode()
        sums = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                name = series.split("{", 1)[0].removeprefix("firebase_relay_")
                sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    def wait_for(self, messages, seconds=120.0, all_acknowledged=True):
        def look():
            now = self.metrics()
            return now if now["messages_received_total"] >= messages and (
                not all_acknowledged or now["messages_in_flight"] == 0) else None
        now = wait_until(f"the relay to be done with {messages} messages", look, seconds, every=0.05)
        ends = sum(now[f"messages_{end}_total"] for end in ("delivered", "coalesced", "shed")) + now["dead_letters_total"]
        if now["messages_received_total"] != messages:
            raise Failed(f"{messages} published, {now['messages_received_total']:.0f} received")
        if now["dead_letters_total"] > 0 or now["messages_shed_total"] > 0 or (all_acknowledged and ends != messages):
            raise Failed(f"of {messages} messages {ends:.0f} are accounted for, {now['dead_letters_total']:.0f} as dead "
                         f"letters, {now['messages_shed_total']:.0f} shed")
        return now

    def wait_for_rest(self, seconds=60.0):
        """Until it does next to nothing: what is waited for has no counter."""
        def look():
            before = self.child.cpu_seconds()
            time.sleep(0.3)
            return self.child.cpu_seconds() - before < 0.01
        wait_until("the relay to come to rest", look, seconds)

    def stop(self):
        if self.child.stop() != 0:
            raise Failed(f"the relay ended with {self.child.process.returncode}: {self.child.output()[-2000:]}")


class Bare:
    """A floor of receiving. See bench/bare_subscriber.cc and bench/bare_scanner.cc."""

    def __init__(self, stage, program, *arguments):
        self.child = Child(program, [stage.options.program("bench", program), stage.redis.socket_path, *arguments], stage.logs)
        wait_until(program, lambda: self.child.must_run() or stage.redis.subscribers() > 0)

    def stop(self):
        if self.child.stop() != 0:
            raise Failed(f"{self.child.name} failed: {self.child.output()}")
        return int(self.child.output().split()[0])


class Stage:
    def __init__(self, options):
        self.options = options
        os.makedirs(options.program("bench-run"), exist_ok=True)
        self.folder = tempfile.mkdtemp(dir=options.program("bench-run"))
        # In memory: a line of the relay's log must not count as written to disk.
        self.logs = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else self.folder)
        self.feeds = {}
        self.files = 0
        self.redis = Redis(self.folder)
        relay_help = subprocess.run([options.program("src", "firebase-relay"), "run", "--help"], check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        self.has_outbox = re.search(r"--outbox\b(?!-)", relay_help) is not None

    def close(self):
        stop_all()
        for folder in (self.logs, self.folder):
            shutil.rmtree(folder, ignore_errors=True)

    def new_file(self, name):
        self.files += 1
        return os.path.join(self.folder, f"{self.files}-{name}")

    def feed(self, kind, messages, tickers=10, size=0, stream=None):
        """A file for redis-cli --pipe; made once. It publishes, or adds to `stream`."""
        key = (kind, messages, tickers, size, stream)
        if key not in self.feeds:
            file = self.new_file("feed")
            with open(file, "wb") as out:
                subprocess.run([self.options.program("bench", "feed"), kind, str(messages), str(tickers), str(size),
                                *([stream] if stream else [])], stdout=out, check=True)
            self.feeds[key] = file
        return self.feeds[key]

    def forget_feeds(self):
        for file in self.feeds.values():
            os.unlink(file)
        self.feeds.clear()

    def broker(self, rate, *, seconds=None, messages=None, kinds="price", tickers=10, stream=None):
        """broker-sim at a steady rate, which publishes, or adds to `stream`."""
        arguments = [self.options.program("tools", "broker_sim", "broker-sim"), "--redis-url",
                     f"unix://{self.redis.socket_path}", "--rate", str(rate), "--kinds", kinds, "--tickers", str(tickers)]
        arguments += ["--seconds", str(seconds)] if seconds else []
        arguments += ["--messages", str(messages)] if messages else []
        arguments += ["--stream", stream] if stream else []
        return Child("broker-sim", arguments, self.logs)

    def published(self, broker, seconds, rate=None):
        """Waits until it is done; how many messages it has published. With `rate` it must have kept that."""
        wait_until("broker-sim", lambda: broker.process.poll() is not None, seconds)
        said = re.search(r"published (\d+) messages .* in ([\d.]+) s", broker.output())
        if broker.process.returncode != 0 or not said:
            raise Failed(f"broker-sim failed: {broker.output()[-500:]}")
        messages, took = int(said[1]), float(said[2])
        if rate and not self.options.quick and messages < 0.98 * rate * took:
            raise Failed(f"broker-sim published {messages / took:,.0f}/s, not {rate:,}/s")
        return messages
