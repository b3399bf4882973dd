"""Every order message of a ticker, once and in order, and the newest price: for a program that keeps books.

docs/phone.md explains it. With a service account, which may read everything:
    pip install firebase-admin
    export FIREBASE_DATABASE_URL=https://… GOOGLE_APPLICATION_CREDENTIALS=secrets/firebase.json
    python3 orders.py BRK.B
"""

import os
import sys
import threading
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

import firebase_admin
from firebase_admin import db

OVERLAP = 20  # entries that are read again: one that comes late has the key of its own time, and stands before others


def key_of(name: str) -> str:
    """What the database takes in no key is percent-encoded: by the relay once, and for REST, which this SDK speaks, once more."""
    refused = set('.$#[]/%') | {chr(code) for code in [*range(0x20), 0x7F]}
    key = "".join(f"%{ord(sign):02X}" if sign in refused else sign for sign in name) or "%"
    return quote(key, safe="")


def list_of(node) -> list[tuple[str, dict]]:
    """Children by their keys. Keys that are small numbers come as a list, with None where there is no child."""
    children = enumerate(node) if isinstance(node, list) else (node or {}).items()
    return [(str(key), child) for key, child in children if child is not None]


def decimal_of(price):
    """A price is a text or a number, which str() makes as short as it was published. What is no number stays as it stands."""
    try:
        return Decimal(str(price))
    except InvalidOperation:
        return price


def at(node, *keys: str):
    """What stands at `keys` below `node`; None where a publisher has left something out."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def main() -> None:
    ticker = sys.argv[1] if len(sys.argv) > 1 else "AAPL"
    firebase_admin.initialize_app(options={"databaseURL": os.environ["FIREBASE_DATABASE_URL"]})
    price = db.reference(f"services/{key_of(ticker)}/price").get()
    print(ticker, "no price yet" if price is None else decimal_of(price), flush=True)

    live = db.reference(f"services/{key_of(ticker)}/orders").get()
    print(len(list_of(live)), "orders are live", flush=True)

    # The live tree has each order's newest state alone; what it went through stands in the history. That something is new is told by
    # the live tree; what is new is asked of the history, from the last entries on that are known.
    changed = threading.Event()
    db.reference(f"services/{key_of(ticker)}/orders").listen(lambda _: changed.set())
    history = db.reference(f"history/{key_of(ticker)}/orders")
    known = list(history.order_by_key().limit_to_last(1).get() or ["-"])
    print("waiting for orders", flush=True)
    while True:
        changed.clear()
        # A query of its own each time: this SDK's queries keep the bounds that they were given before.
        entries = history.order_by_key().start_at(known[0]).get() or {}
        for key in sorted(entries.keys() - set(known)):
            data = at(entries[key], "order_data")
            print(key, at(data, "event"), at(data, "order", "id"), at(data, "order", "status"), flush=True)
        known = sorted({*known, *entries})[-OVERLAP:]
        # After an outage the live tree is sent first and history follows: so it is asked for without a sign, too, but seldom.
        changed.wait(60)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
