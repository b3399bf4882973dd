"""What one writes first: redis-py, and a request for every message; or, with `batch`, a PATCH per interval.
Usage: relay.py REDIS_SOCKET DATABASE_URL plain|batch [INTERVAL_MS]"""
import http.client
import json
import os
import sys
import time
from datetime import datetime, timezone
from urllib.parse import urlsplit

import redis

ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
count = 0


def base64(number, characters):
    text = ""
    while len(text) < characters:
        text = ALPHABET[number % 64] + text
        number //= 64
    return text


def milliseconds(stamp):
    if isinstance(stamp, str):
        parsed = datetime.fromisoformat(stamp)
        stamp = (parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)).timestamp()
    return int(stamp * 1000 + 0.5)


def values_of(payload):
    global count
    message = json.loads(payload)
    if isinstance(message.get("data"), dict):
        message = message["data"]
    ticker = message.get("symbol") or message["order_data"]["order"]["symbol"]
    if message["type"] == "order":
        values = {f"services/{ticker}/orders/{message['order_data']['order']['id']}": message["order_data"]}
    else:
        values = {f"services/{ticker}/{field}": message.get(field) for field in ("price", "volume", "timestamp", "symbol")}
    count += 1
    key = base64(milliseconds(message["timestamp"]), 8) + base64(os.getpid(), 5) + base64(count, 7)
    values[f"history/{ticker}/{message['type']}s/{key}"] = message
    return values


class Database:
    def __init__(self, url):
        self.host = urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=10)

    def patch(self, values):
        """True when the database took them."""
        try:
            self.connection.request("PATCH", "/.json?print=silent", json.dumps(values))
            answer = self.connection.getresponse()
            answer.read()
            return answer.status < 300
        except OSError as error:
            print(f"not written: {error}", file=sys.stderr)
            self.connection.close()
            return False


def main():
    socket, url, mode = sys.argv[1:4]
    interval = int(sys.argv[4]) / 1000 if len(sys.argv) > 4 else 0.1
    database = Database(url)
    subscription = redis.Redis(unix_socket_path=socket).pubsub()
    subscription.psubscribe("*")
    pending, due = {}, time.monotonic() + interval
    while True:
        message = subscription.get_message(timeout=max(0.0, due - time.monotonic()) if mode == "batch" else 1.0)
        if message and message["type"] == "pmessage":
            if mode == "plain":
                database.patch(values_of(message["data"]))
            else:
                pending.update(values_of(message["data"]))
        if mode == "batch" and time.monotonic() >= due:
            if pending and database.patch(pending):
                pending = {}
            due = time.monotonic() + interval


main()
