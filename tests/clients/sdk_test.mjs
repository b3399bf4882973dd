// Firebase's own JavaScript SDK against rtdb-emulator. What it shows is compared with what the database says by REST.
// Environment: RELAY_BUILD (programs), CLIENTS_MODULES (where firebase is).
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Emulator, eventually, report } from './emulator.mjs';
import { client as clientAt, d, deleteApp, getApps, shown } from './sdk.mjs';

const emulator = new Emulator();
const client = (options) => clientAt(emulator.port, options);

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
  async 'children added in a window are no log: what went by meanwhile is missing, and an old one comes again'() {
    await emulator.rest('PUT', 'log', { a: 1, b: 2, c: 3 });
    const { db, at } = client();
    const added = [];
    d.onChildAdded(d.query(at('log'), d.orderByKey(), d.limitToLast(2)), (child) => added.push(child.key));
    await eventually(() => added, () => added.length === 2);
    d.goOffline(db);
    await emulator.rest('PATCH', 'log', { d: 4, e: 5, f: 6, g: 7 });
    d.goOnline(db);
    await eventually(() => added, () => added.length === 4);
    await emulator.rest('DELETE', 'log/g');
    await eventually(() => added, () => added.length === 5);
    assert.deepEqual(added, ['b', 'c', 'f', 'g', 'e']);
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
  async 'by the shipped rules a reader reads services, and goes blank when he is a reader no longer'() {
    for (const app of getApps()) await deleteApp(app);
    await emulator.end();
    await emulator.start('--rules', fileURLToPath(new URL('../../firebase/database.rules.json', import.meta.url)));
    await emulator.rest('PUT', '', { readers: { alice: true }, services: { A: { price: 1 } }, logs: { x: 1 }, history: { A: { prices: { x: { timestamp: 2 }, y: { timestamp: 1 } } } } });
    const denied = async (values) => eventually(() => JSON.stringify(values), () => /permission_denied/i.test(values.at(-1)));
    await denied(shown(client().at('services')).values);
    await denied(shown(client({ mockUserToken: { sub: 'bob' } }).at('services')).values);
    const { at } = client({ mockUserToken: { sub: 'alice' } });
    const services = shown(at('services'));
    await services.last({ A: { price: 1 } });
    await emulator.rest('PATCH', '', { 'services/A/price': 2 });
    await services.last({ A: { price: 2 } });
    assert.deepEqual((await d.get(d.query(at('history/A/prices'), d.orderByChild('timestamp'), d.limitToLast(1)))).val(), { x: { timestamp: 2 } });
    await denied(shown(at('logs')).values);
    await denied(shown(at('/')).values);
    await assert.rejects(d.get(at('readers/alice')), /permission denied/i);
    await assert.rejects(d.set(at('services/A/price'), 9), /permission_denied/i);
    await assert.rejects(d.onDisconnect(at('services/A')).remove(), /permission_denied/i);
    await emulator.rest('PATCH', '', { 'readers/alice': null, 'services/A/price': 3 });
    await denied(services.values);
    assert.deepEqual(services.values.slice(0, -1).map((value) => value.A.price), [1, 2, 9, 2], 'his own write went back, and nothing of the last one came');
    for (const app of getApps()) await deleteApp(app);
    await emulator.end();
    await emulator.start();
  },
  async 'a write that is too big is refused once, and the next one is done'() {
    for (const app of getApps()) await deleteApp(app);
    await emulator.end();
    await emulator.start('--body-bytes-max', '2000');
    const { at } = client();
    const connections = shown(at('.info/connected'));
    await connections.last(true);
    await assert.rejects(d.set(at('big'), 'x'.repeat(40_000)), /WRITE_TOO_BIG: Data to write exceeds the maximum size/);
    await d.set(at('big'), 'small');
    assert.equal(await emulator.rest('GET', 'big'), 'small');
    assert.equal(connections.values.filter((value) => value).length, 1, 'on one connection');
    for (const app of getApps()) await deleteApp(app);
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

await emulator.start();
await report(TESTS, () => emulator.end('SIGKILL'));
