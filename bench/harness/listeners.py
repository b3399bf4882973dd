"""Clients of the stand-in for the database: do they stay current while there are as many as the free plan allows?"""
import base64
import http.client
import json
import os
import re
import selectors
import socket
import struct
import time

from .processes import Child, Failed, wait_until
from .results import Result, limit, verdict

LISTENERS_MAX = 100
PATCHES_PER_SECOND = 50
SENT_AT = re.compile(rb'/at":(\d+)')


class Listener:
    """A WebSocket of the database's own protocol (RFC 6455, and the answers of `/.ws`): frames in, frames out."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), 10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /.ws?v=5&ns=bench HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.receive()
        self.bytes = self.bytes.split(b"\r\n\r\n", 1)[1]
        self.lags, self.last = [], 0

    def receive(self):
        came = self.socket.recv(1 << 16)
        if not came:
            raise Failed("the emulator has closed a listener's connection")
        self.bytes += came

    def send(self, message):
        data = json.dumps(message).encode()  # shorter than 126 bytes, and masked by zeros: as it is
        self.socket.sendall(bytes((0x81, 0x80 | len(data), 0, 0, 0, 0)) + data)

    def frames(self):
        """The payloads that are whole."""
        while len(self.bytes) >= 2:
            size, head = self.bytes[1] & 0x7F, 2
            if size >= 126:
                head = 4 if size == 126 else 10
                if len(self.bytes) < head:
                    return
                size = struct.unpack(">H" if head == 4 else ">Q", self.bytes[2:head])[0]
            if len(self.bytes) < head + size:
                return
            frame, self.bytes = self.bytes[head:head + size], self.bytes[head + size:]
            yield frame

    def next(self):
        while True:
            for frame in self.frames():
                return json.loads(frame)
            self.receive()

    def look(self, now_ms):
        """Takes what has come: how old each PATCH was."""
        self.receive()
        for frame in self.frames():
            for at in SENT_AT.findall(frame):
                self.last = int(at)
                self.lags.append(now_ms - self.last)


def milliseconds():
    return time.monotonic_ns() // 1_000_000


def patch(connection, number):
    """As the relay writes: some tickers at once. The last of them says when."""
    prices = {f"services/T{ticker}/price": number for ticker in range(10)}
    connection.request("PATCH", "/.json?ns=bench&print=silent", json.dumps({**prices, "services/T0/at": milliseconds()}),
                       {"Authorization": "Bearer owner"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 204:
        raise Failed(f"a PATCH was answered with {answer.status}")


def follow(listeners, connection, patches):
    """Writes `patches` at the rate, and reads meanwhile what the listeners are sent."""
    with selectors.DefaultSelector() as selector:
        for listener in listeners:
            selector.register(listener.socket, selectors.EVENT_READ, listener)

        def read(seconds):
            for key, _ in selector.select(max(0, seconds)):
                key.data.look(milliseconds())
            return all(len(listener.lags) >= patches for listener in listeners)
        begin = time.monotonic()
        for number in range(patches):
            patch(connection, number + 1)
            while (left := begin + (number + 1) / PATCHES_PER_SECOND - time.monotonic()) > 0:
                read(left)
        took = time.monotonic() - begin
        wait_until("all listeners to have every PATCH", lambda: read(0.05), 30, every=0)
    return took


def rows(stage):
    patches = PATCHES_PER_SECOND * stage.options.pick(20, 2)
    emulator = Child("rtdb-emulator", [stage.options.program("tools", "rtdb_emulator", "rtdb-emulator"), "--listen",
                                       "127.0.0.1:0"], stage.logs)
    host, port = emulator.said("listening on http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    listeners = [Listener(host, int(port)) for _ in range(LISTENERS_MAX)]
    for listener in listeners:
        if listener.next()["d"]["t"] != "h":
            raise Failed("a listener was not greeted")
        listener.send({"t": "d", "d": {"r": 1, "a": "q", "b": {"p": "/services", "h": ""}}})
        while listener.next()["d"].get("r") != 1:
            pass
    took = follow(listeners, connection, patches)
    refused = Listener(host, int(port)).next()
    for listener in listeners:
        listener.socket.close()
    emulator.stop()
    oldest = max(max(listener.lags) for listener in listeners)
    rate = patches / took
    if not stage.options.quick and rate < 0.98 * PATCHES_PER_SECOND:
        raise Failed(f"{rate:.0f} PATCHes/s were written, not {PATCHES_PER_SECOND}")
    is_refused = refused["d"].get("t") == "s"
    return [limit("listeners", f"{LISTENERS_MAX} WebSocket listeners of rtdb-emulator at {rate:.0f} PATCHes/s: the oldest push",
                  oldest, 1000, " ms", 0),
            Result("listeners-refused", "the one that comes then", "sent away" if is_refused else "let in", target="sent away",
                   verdict=verdict(is_refused))]
