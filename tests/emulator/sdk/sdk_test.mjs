// Firebase's own JavaScript SDK against rtdb-emulator. What it shows is compared with what the database says by REST.
// Environment: RELAY_BUILD (programs), SDK_MODULES (where firebase is).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Emulator, eventually, report } from './emulator.mjs';

const sdk = createRequire(path.join(process.env.SDK_MODULES, 'package.json'));
const { initializeApp, deleteApp, getApps } = sdk('firebase/app');
const d = sdk('firebase/database');
const emulator = new Emulator();
let apps = 0;
/** A client of its own, as on another phone. */
function client(options = {}) {
  const app = initializeApp({ projectId: 'demo', databaseURL: 'https://demo.firebaseio.com' }, `client ${++apps}`);
  const db = d.getDatabase(app);
  d.connectDatabaseEmulator(db, '127.0.0.1', emulator.port, options);
  return { app, db, at: (place) => d.ref(db, place) };
}
/** What a listener was shown, one value a change. */
function shown(query) {
  const values = [];
  d.onValue(query, (snapshot) => values.push(snapshot.val()), (error) => values.push(String(error)));
  return { values, last: (expected) => eventually(() => `${JSON.stringify(expected)} after ${JSON.stringify(values)}`, () => values.length > 0 && same(values.at(-1), expected)) };
}
const same = (a, b) => {
  try {
    assert.deepStrictEqual(a, b);
    return true;
  } catch {
    return false;
  }
};

const TESTS = {
  async 'onValue shows the value and follows every flush, as one change each'() {
    await emulator.rest('PUT', 'services', { AAPL: { price: 187.2, symbol: 'AAPL' } });
    const { at } = client();
    const services = shown(at('services'));
    await services.last({ AAPL: { price: 187.2, symbol: 'AAPL' } });
    await emulator.rest('PATCH', '', { 'services/AAPL/price': 188, 'services/BRK%2EB': { price: 1, symbol: 'BRK.B' } });
    await services.last({ AAPL: { price: 188, symbol: 'AAPL' }, 'BRK%2EB': { price: 1, symbol: 'BRK.B' } });
    assert.equal(services.values.length, 2);
    assert.deepEqual(services.values.at(-1), await emulator.rest('GET', 'services'));
  },
  async 'get and set, with what is longer than a frame'() {
    const { at } = client();
    const text = '€x'.repeat(50_000);
    await d.set(at('long'), text);
    assert.ok((await emulator.rest('GET', 'long')) === text);
    const pairs = '€😀x'.repeat(50_000); // by REST: the SDK cuts characters of two UTF-16 units when it sends
    await emulator.rest('PUT', 'long', pairs);
    assert.ok((await d.get(client().at('long'))).val() === pairs);
    assert.equal((await d.get(at('nothing'))).exists(), false);
  },
  async 'a window by key slides, and goes back when its last child goes'() {
    await emulator.rest('PUT', 'days', { a: 1, b: 2, c: 3 });
    const { at } = client();
    const window = shown(d.query(at('days'), d.orderByKey(), d.limitToLast(2)));
    await window.last({ b: 2, c: 3 });
    await emulator.rest('PUT', 'days/d', 4);
    await window.last({ c: 3, d: 4 });
    await emulator.rest('DELETE', 'days/d');
    await window.last({ b: 2, c: 3 });
    const found = await d.get(d.query(at('days'), d.orderByKey(), d.startAfter('a'), d.endBefore('c')));
    assert.deepEqual(found.val(), { b: 2 });
  },
  async 'children are added, changed and removed one by one'() {
    await emulator.rest('PUT', 'list', { a: 1, b: 2 });
    const { at } = client();
    const events = [];
    d.onChildAdded(at('list'), (child) => events.push(`+${child.key}`));
    d.onChildChanged(at('list'), (child) => events.push(`~${child.key}`));
    d.onChildRemoved(at('list'), (child) => events.push(`-${child.key}`));
    await eventually(() => events, () => events.length === 2);
    await emulator.rest('PATCH', 'list', { a: 9, b: null, c: 3 });
    await eventually(() => events, () => events.length === 5);
    assert.deepEqual(events.sort(), ['+a', '+b', '+c', '-b', '~a']);
  },
  async 'priorities order children'() {
    const { at } = client();
    await d.setWithPriority(at('ranks/a'), 'x', 2);
    await d.setWithPriority(at('ranks/b'), 'y', 1);
    const keys = [];
    (await d.get(d.query(client().at('ranks'), d.orderByPriority()))).forEach((child) => void keys.push(child.key));
    assert.deepEqual(keys, ['b', 'a']);
  },
  async 'transactions of two clients at once are both counted'() {
    const both = [client(), client()];
    const counts = both.map(({ at }) => Array.from({ length: 10 }, () => d.runTransaction(at('count'), (value) => (value ?? 0) + 1)));
    const results = await Promise.all(counts.flat());
    assert.ok(results.every((result) => result.committed));
    assert.equal(await emulator.rest('GET', 'count'), 20);
  },
  async 'a transaction of an object with priorities and fractions is committed'() {
    const { at } = client();
    await d.set(at('book'), { '.priority': 1.5, ask: 187.23, open: true, name: 'Zürich', 2: 'two', 10: 'ten', deep: { '.value': 1, '.priority': 'p' } });
    const result = await d.runTransaction(client().at('book/ask'), (value) => (value ?? 0) + 1);
    assert.equal(result.committed, true);
    const whole = await d.runTransaction(client().at('book'), (value) => (value ? { ...value, open: false } : value));
    assert.equal(whole.snapshot.val().open, false);
  },
  async 'server values, push and increment'() {
    const { at } = client();
    const key = (await d.push(at('log'), { at: d.serverTimestamp(), n: d.increment(2) })).key;
    const written = await emulator.rest('GET', `log/${key}`);
    assert.ok(Math.abs(written.at - Date.now()) < 60_000);
    assert.equal(written.n, 2);
  },
  async 'a client that goes leaves what it wanted left'() {
    const { app, at } = client();
    await d.set(at('presence'), { phone: true });
    await d.onDisconnect(at('presence/phone')).set(false);
    await d.onDisconnect(at('presence')).update({ since: d.serverTimestamp() });
    await d.onDisconnect(at('other')).set(1);
    await d.onDisconnect(at('other')).cancel();
    await deleteApp(app);
    await eventually(() => 'since', async () => (await emulator.rest('GET', 'presence/since')) !== null);
    assert.equal(await emulator.rest('GET', 'presence/phone'), false);
    assert.equal(await emulator.rest('GET', 'other'), null);
  },
  async 'a user of the emulators is let in, and a stranger is not'() {
    await emulator.end();
    await emulator.start('--require-auth');
    for (const app of getApps()) await deleteApp(app);
    const stranger = shown(client().at('services'));
    await eventually(() => stranger.values, () => /permission_denied/i.test(stranger.values[0] ?? ''));
    await emulator.rest('PUT', 'services', { A: 1 });
    await shown(client({ mockUserToken: { sub: 'alice' } }).at('services')).last({ A: 1 });
    await emulator.end();
    await emulator.start();
  },
  async 'after the emulator was killed the same page goes on'() {
    await emulator.rest('PUT', 'services', { A: { price: 1 } });
    const { at } = client();
    const connected = shown(at('.info/connected'));
    const services = shown(at('services'));
    const window = shown(d.query(at('services'), d.orderByKey(), d.limitToLast(1)));
    await services.last({ A: { price: 1 } });
    await connected.last(true);
    await emulator.end('SIGKILL');
    await connected.last(false);
    await emulator.start();
    await emulator.rest('PUT', 'services', { B: { price: 2 } });
    await connected.last(true);
    await services.last({ B: { price: 2 } });
    await window.last({ B: { price: 2 } });
    await emulator.rest('PATCH', 'services', { 'B/price': 3 });
    await services.last({ B: { price: 3 } });
    await window.last(await emulator.rest('GET', 'services'));
  },
};

console.warn = () => {}; // the SDK says there that it was cut off
await emulator.start();
await report(TESTS, () => emulator.end('SIGKILL'));
