"""The relay beside what one would write instead, on the same feed and the same sink: scripts/bench --peers."""
import glob
import os
import shutil
import signal
import subprocess
import sys
import time
from statistics import median

from .bursts import FULL_SPEED, MemoryWatch, publish
from .lag import HISTORY_KEY, history_lags, quantile
from .processes import Child, wait_until
from .results import Result, absent, verdict
from .stage import Relay, Sink

OURS = "firebase-relay"


def commands(root):
    """name -> (command line up to the arguments of every peer, arguments behind them), or why it cannot run."""
    peers = os.path.join(root, "bench", "peers")
    found = {}
    python = ["/usr/bin/python3", os.path.join(peers, "relay.py")]
    has_redis = subprocess.run([python[0], "-c", "import redis"], check=False, stderr=subprocess.DEVNULL).returncode == 0
    for mode in ("plain", "batch"):
        found[f"python, {mode}"] = (python, [mode]) if has_redis else "skipped: Debian's python3-redis is not installed"
    if not shutil.which("node"):
        reason = "skipped: node is not installed"
    elif not glob.glob(os.path.join(peers, "node_modules", "ioredis")):
        reason = "skipped: ioredis is not there; npm install --prefix bench/peers"
    else:
        reason = None
    for mode in ("live", "history"):
        found[f"node, {mode}"] = reason or (["node", os.path.join(peers, "relay.js")], [mode])
    return found


class Peer:
    def __init__(self, stage, sink, command, interval_ms=100, environment=None):
        program, mode = command
        self.stage = stage
        self.child = Child("peer", [*program, stage.redis.socket_path, sink.url, *mode, str(interval_ms)], stage.logs,
                           env=environment)
        wait_until("the peer's subscription", lambda: self.child.must_run() or stage.redis.subscribers() > 0)

    def wait_for_rest(self, seconds=120.0):
        def look():
            before = self.child.cpu_seconds()
            time.sleep(0.5)
            return self.child.cpu_seconds() - before < 0.02
        wait_until("the peer to come to rest", look, seconds)

    def stop(self):
        self.child.stop(signal.SIGKILL)


def start(stage, sink, command, outbox=None):
    if command[0] != OURS:
        return Peer(stage, sink, command)
    flags = ["--outbox", outbox] if outbox and stage.has_outbox else []
    return Relay(stage, sink, *FULL_SPEED, "--flush-interval-ms", "100", "--heartbeat-seconds", "0", *command[1], *flags)


def stop(stage, program):
    program.stop()
    wait_until("its end at Redis", lambda: stage.redis.subscribers() == 0)


def at_full_speed(stage, command, messages):
    feed = stage.feed("price", messages)
    sink = Sink(stage)
    program = start(stage, sink, command)
    watch = MemoryWatch(program.child)
    before = program.child.cpu_seconds()
    seconds, _ = publish(stage, program.child, feed)
    if isinstance(program, Relay):
        program.wait_for(messages)
    program.wait_for_rest()
    cpu = program.child.cpu_seconds() - before
    memory = watch.stop()
    stop(stage, program)
    sink.stop()
    return messages / seconds, 1e6 * cpu / messages, memory / 1e6


def lag(stage, command, rate, seconds):
    sink = Sink(stage, latency_ms=1, record=True)
    program = start(stage, sink, command)
    stage.published(stage.broker(rate, seconds=seconds), seconds + 60)
    program.wait_for_rest()
    stop(stage, program)
    sink.stop()
    return history_lags(sink)


def lost(stage, command, is_killed):
    """Messages without history in the sink, of those published while the database is away for a while and, if so, the
    program is killed in the middle of that and started again at once."""
    away = stage.options.pick(10, 2)
    sink = Sink(stage, record=True)
    outbox = stage.new_file("outbox.db")
    program = start(stage, sink, command, outbox)
    broker = stage.broker(200, seconds=away + 2)
    time.sleep(1)
    sink.leave()
    time.sleep(away / 2)
    if is_killed:
        program.child.stop(signal.SIGKILL)
        wait_until("its end at Redis", lambda: stage.redis.subscribers() == 0)
        program = start(stage, sink, command, outbox)
    time.sleep(away / 2)
    sink.come_back()
    messages = stage.published(broker, 60)
    time.sleep(stage.options.pick(15, 3))  # whoever tries again does so by now
    stop(stage, program)
    sink.stop()
    kept = {key for _, body in sink.answers() for key in HISTORY_KEY.finditer(body) for key in (key.group(),)}
    return messages - len(kept), messages


def rows_of(stage, name, command):
    pick = stage.options.pick
    keeps_history = not name.endswith("live")
    slow = name == "python, plain"
    rate, cpu, memory = at_full_speed(stage, command, pick(20_000 if slow else 200_000, 5_000))
    results = [Result(f"{name}: speed", "price messages at full speed", f"{rate:,.0f}/s, {cpu:.2f} us, {memory:.0f} MB")]
    if keeps_history:
        lags = lag(stage, command, 500, pick(10, 2))
        results.append(Result(f"{name}: lag", "published -> acknowledged, 500/s, interval 100 ms",
                              f"p50 {quantile(lags, 0.5):.0f} ms, p99 {quantile(lags, 0.99):.0f} ms"))
        for killed, what in ((False, "database away for 10 s"), (True, "and killed in the middle of it")):
            missing, messages = lost(stage, command, killed)
            results.append(Result(f"{name}: {'killed' if killed else 'away'}", what, f"{missing} of {messages} lost"))
    return results


def node(stage):
    """The rows of the table: CPU, memory and loss beside the Node relay, on the same feed, in turns."""
    messages = stage.options.pick(200_000, 5_000)
    results = []
    for mode, flags in (("live", ["--no-history"]), ("history", [])):
        name = f"node-{mode}"
        what = f"CPU per message, {mode}: Node relay over ours"
        command = commands(stage.options.root)[f"node, {mode}"]
        if isinstance(command, str):
            results += [absent(name, what, command), absent(f"{name}-memory", "", command)]
            continue
        bursts = [(at_full_speed(stage, (OURS, flags), messages), at_full_speed(stage, command, messages))
                  for _ in range(stage.options.repetitions)]
        our_cpu, cpu = (median(burst[who][1] for burst in bursts) for who in (0, 1))
        our_memory, memory = (max(burst[who][2] for burst in bursts) for who in (0, 1))
        results.append(Result(name, what, f"{our_cpu:.2f} us", f"{cpu:.2f} us", f"{cpu / our_cpu:.1f}", ">= 3",
                              verdict(cpu >= 3 * our_cpu)))
        results.append(Result(f"{name}-memory", "anonymous memory meanwhile: Node relay over ours", f"{our_memory:.1f} MB",
                              f"{memory:.1f} MB", f"{memory / our_memory:.1f}", ">= 5", verdict(memory >= 5 * our_memory)))
    stage.forget_feeds()
    what = "history lost, database away for 10 s: ours; Node relay"
    command = commands(stage.options.root)["node, history"]
    if isinstance(command, str):
        return results + [absent("node-away", what, command)]
    (ours_missing, messages), (missing, _) = (lost(stage, program, False) for program in ((OURS, []), command))
    return results + [Result("node-away", what, f"{ours_missing} of {messages}", f"{missing} of {messages}", target="none",
                             verdict=verdict(ours_missing == 0))]


def ours(name, *flags):
    return lambda stage: rows_of(stage, name, (OURS, list(flags)))


def peer(root, name):
    command = commands(root)[name]
    if isinstance(command, str):
        print(f"{name}: {command}", file=sys.stderr)
        return lambda stage: [absent(name, "", command)]
    return lambda stage: rows_of(stage, name, command)


def groups(root):
    found = {"relay, live": ours("relay, live", "--no-history"), "relay, history": ours("relay, history")}
    for name in commands(root):
        found[name] = peer(root, name)
    found["node"] = node
    return found
