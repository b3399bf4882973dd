"""firebase-admin for Python reads, listens, queries, writes and transacts, beside a broker and a relay that are at work.

Environment: FIREBASE_DATABASE_EMULATOR_HOST. The last line counts the checks.
"""

import os
import re
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import firebase_admin
from firebase_admin import db

firebase_admin.initialize_app(options={"databaseURL": f"http://{os.environ['FIREBASE_DATABASE_EMULATOR_HOST']}?ns=demo"})


def reads_what_the_relay_wrote_by_the_key_encoded_once_more():
    assert db.reference("services/BRK%252EB/symbol").get() == "BRK.B"
    assert re.fullmatch(r"\d+\.\d\d", db.reference("services").get()["BRK%2EB"]["price"])


def listens_to_a_price_that_moves():
    prices, enough = set(), threading.Event()

    def take(event):
        prices.add(event.data)
        if len(prices) >= 3:
            enough.set()

    listener = db.reference("services/AAPL/price").listen(take)
    assert enough.wait(30), prices
    listener.close()


def queries_the_newest_orders_by_their_keys():
    orders = db.reference("history/AAPL/orders").order_by_key().limit_to_last(5).get()
    assert len(orders) == 5 and list(orders) == sorted(orders)
    assert all(order["order_data"]["order"]["symbol"] == "AAPL" for order in orders.values())
    db.reference("clients/python/list").set({"a": 1, "b": 2, "c": 3})
    assert db.reference("clients/python/list").order_by_key().start_at("b").get() == {"b": 2, "c": 3}


def writes_updates_several_places_at_once_pushes_and_removes():
    place = db.reference("clients/python")
    place.update({"list/a": None, "deep/x%2Ey": "z"})  # keys of a body are keys as they stand
    assert place.get() == {"list": {"b": 2, "c": 3}, "deep": {"x%2Ey": "z"}}
    pushed = place.child("log").push({"n": 1})
    assert len(pushed.key) == 20
    pushed.delete()
    assert place.child("log").get() is None


def transacts_several_at_once():
    count = db.reference("clients/python/count")

    def add_one():
        # Each attempt that another one overtook is made again, 25 times at most.
        for _ in range(5):
            try:
                return count.transaction(lambda value: (value or 0) + 1)
            except db.TransactionAbortedError:
                time.sleep(0.05)
        raise AssertionError("a transaction was overtaken again and again")

    with ThreadPoolExecutor(5) as pool:
        for done in [pool.submit(add_one) for _ in range(10)]:
            done.result()
    assert count.get() == 10


TESTS = [
    reads_what_the_relay_wrote_by_the_key_encoded_once_more,
    listens_to_a_price_that_moves,
    queries_the_newest_orders_by_their_keys,
    writes_updates_several_places_at_once_pushes_and_removes,
    transacts_several_at_once,
]

failed = 0
for test in TESTS:
    begin = time.monotonic()
    try:
        test()
        print(f"ok      {test.__name__.replace('_', ' ')} ({(time.monotonic() - begin) * 1000:.0f} ms)", flush=True)
    except Exception:  # of whatever kind: the next test is to run
        failed += 1
        print(f"FAILED  {test.__name__.replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
print(f"{len(TESTS) - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)
