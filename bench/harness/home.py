"""What a person at home sees: a few hundred messages a second, a Redis that is restarted, a database that comes back.
Each beside the Node relay of bench/peers, which runs where it is installed."""
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from statistics import median
from urllib.parse import urlsplit

from . import peers
from .lag import HISTORY_KEY
from .processes import Failed, wait_until
from .results import Result, absent, at_most, limit, verdict
from .stage import Relay, Sink

RATE = 200  # messages a second: five tickers with forty prices each
INTERVAL_MS = 250  # the relay's default


class TlsFront:
    """https in front of a sink: takes TLS off and passes on what comes, both ways."""

    def __init__(self, stage, sink):
        self.certificate = stage.new_file("tls.pem")
        key = stage.new_file("tls.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.certificate,
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        host, port = urlsplit(sink.url).netloc.split(":")
        self.sink = (host, int(port))
        self.listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.url = f"https://localhost:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return  # stopped
            server = socket.create_connection(self.sink)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(source, target), daemon=True).start()

    @staticmethod
    def pass_on(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        target.close()

    def stop(self):
        self.listener.close()


class Publisher(threading.Thread):
    """Publishes prices at RATE for as long as it lives, and goes on as soon as Redis is there again."""

    def __init__(self, redis):
        super().__init__(daemon=True)
        self.redis = redis
        self.published = 0
        self.over = threading.Event()
        self.start()

    def run(self):
        connection = self.redis.connect()
        due = time.monotonic()
        number = 0
        while not self.over.is_set():
            due += 1 / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            number += 1
            ticker = f"T{number % 5}"
            message = {"type": "price", "timestamp": time.time(), "price": f"{100 + number / 100:.2f}", "volume": number,
                       "symbol": ticker}
            try:
                connection = connection or self.redis.connect()
                connection.command("PUBLISH", f"TICKER_UPDATES_{ticker}", json.dumps(message))
                self.published += 1
            except (OSError, Failed):
                connection = None  # it was not published

    def stop(self):
        self.over.set()
        self.join()
        return self.published


def start(stage, sink, command, certificate=None):
    """`certificate`: of the sink, where it is a TlsFront."""
    if command[0] == peers.OURS:
        return Relay(stage, sink, "--heartbeat-seconds", "0", *(["--ca-file", certificate] if certificate else []))
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": certificate} if certificate else None
    return peers.Peer(stage, sink, command, INTERVAL_MS, environment)


def subjects(stage):
    """name -> command, ours first; the Node relay where it can run, or why it cannot."""
    node = peers.commands(stage.options.root)["node, history"]
    return {"ours": (peers.OURS, []), "node": node}, node if isinstance(node, str) else None


def kept(sink):
    return len({key.group() for _, body in sink.answers() for key in HISTORY_KEY.finditer(body)})


def cpu_at_home(stage, command):
    """CPU of one message in microseconds, and wake-ups a second. Over TLS, as the database is reached."""
    seconds = stage.options.pick(30, 2)
    sink = Sink(stage, latency_ms=20)
    front = TlsFront(stage, sink)
    program = start(stage, front, command, front.certificate)
    publisher = Publisher(stage.redis)
    time.sleep(stage.options.pick(3, 0.5))  # a JIT compiler has warmed up
    published, cpu, wakeups = publisher.published, program.child.cpu_seconds(), program.child.wakeups()
    time.sleep(seconds)
    messages = publisher.published - published
    cpu, wakeups = program.child.cpu_seconds() - cpu, program.child.wakeups() - wakeups
    publisher.stop()
    peers.stop(stage, program)
    front.stop()
    requests, _ = sink.stop()
    if requests < 2 * seconds:
        raise Failed(f"the sink had {requests} requests in {seconds} s")
    if messages < 0.95 * RATE * seconds:
        raise Failed(f"{messages} messages were published in {seconds} s")
    return 1e6 * cpu / messages, wakeups / seconds


def lost_in_restart(stage, command, away):
    sink = Sink(stage, latency_ms=1, record=True)
    program = start(stage, sink, command)
    publisher = Publisher(stage.redis)
    time.sleep(1)
    stage.redis.stop()
    time.sleep(away)
    stage.redis.start()
    time.sleep(stage.options.pick(5, 3))
    published = publisher.stop()
    time.sleep(1)
    peers.stop(stage, program)
    sink.stop()
    return published - kept(sink)


def live_after_return(stage, command):
    """Milliseconds from the database's return to the first live value that it takes."""
    sink = Sink(stage, latency_ms=1, record=True)
    program = start(stage, sink, command)
    publisher = Publisher(stage.redis)
    time.sleep(1)
    sink.leave()
    time.sleep(stage.options.pick(10, 2))
    sink.come_back()
    back = time.time() * 1000
    time.sleep(stage.options.pick(20, 4))
    publisher.stop()
    peers.stop(stage, program)
    sink.stop()
    after = [at for at, body in sink.answers() if at >= back and b'"services/' in body]
    if not after:
        raise Failed("no live value came after the database's return")
    return after[0] - back


def rows(stage):
    commands, why_not = subjects(stage)
    if why_not:
        commands.pop("node")
    repetitions = range(stage.options.repetitions)
    cpu = {name: [] for name in commands}
    for _ in repetitions:
        for name, command in commands.items():
            cpu[name].append(cpu_at_home(stage, command))
    ours_us, wakeups = (median(run[i] for run in cpu["ours"]) for i in (0, 1))
    what = f"CPU a message at {RATE}/s, with history, over TLS, interval {INTERVAL_MS} ms: ours over the Node relay's"
    results = [Result("home-cpu", what, f"{ours_us:.0f} us") if why_not else
               at_most("home-cpu", what, ours_us, median(us for us, _ in cpu["node"]), 0.25, " us", 0),
               Result("home-wakeups", "wake-ups meanwhile", f"{wakeups:.0f}/s")]
    for seconds in (1, 5):
        lost = {name: median(lost_in_restart(stage, command, seconds) for _ in repetitions)
                for name, command in commands.items()}
        what = f"messages lost, of {RATE}/s, when Redis is away for {seconds} s: ours; the Node relay's"
        results.append(Result(f"redis-restart-{seconds}", what, f"{lost['ours']:.0f}") if why_not else
                       Result(f"redis-restart-{seconds}", what, f"{lost['ours']:.0f}", f"{lost['node']:.0f}",
                              target="no more", verdict=verdict(lost["ours"] <= lost["node"])))
    back = {name: median(live_after_return(stage, command) for _ in repetitions) for name, command in commands.items()}
    results.append(limit("return", "live on the phone after 10 s without the database" +
                         (f" (Node relay: {back['node']:.0f} ms)" if "node" in back else ""), back["ours"], 2000, " ms", 0))
    if why_not:
        results.append(absent("home-node", "the Node relay beside it", why_not))
    return results
