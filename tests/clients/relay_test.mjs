// Firebase's JavaScript SDK listens to what the relay writes, while each part between broker and phone is killed and comes back. It is one client
// all the time, as a page that nobody reloads; what it was shown last is compared with what the database says by REST.
// Environment: RELAY_BUILD (programs), CLIENTS_MODULES (where firebase is).
import assert from 'node:assert/strict';
import { eventually, report } from './emulator.mjs';
import { Pipeline } from './pipeline.mjs';
import { client, d, deleteApp, same, shown } from './sdk.mjs';

const AWKWARD = ['--awkward', '--rate', '100', '--seconds', '4'];
const pipeline = new Pipeline();
await pipeline.start();
const { emulator } = pipeline;
const phone = client(emulator.port);
const newestOrders = (at, count) => d.query(at('history/AAPL/orders'), d.orderByKey(), d.limitToLast(count));
const connected = shown(phone.at('.info/connected'));
const listeners = {
  services: shown(phone.at('services')),
  channels: shown(phone.at('channels')),
  'history/AAPL/orders': shown(newestOrders(phone.at, 5)),
};

/** By REST. Of the orders those that the phone's window has. */
async function said(place) {
  const value = await emulator.rest('GET', place);
  return place.startsWith('history/') ? Object.fromEntries(Object.entries(value).sort().slice(-5)) : value;
}
/** Until the phone shows all that was published so far, and that is what stands in the tree. */
async function phoneIsCurrent() {
  const price = await pipeline.publishMark();
  await eventually(() => `the phone shows ${price}`, () => listeners.services.values.at(-1)?.MARK?.price === price);
  let differs = [];
  await eventually(() => `the phone has the tree, but for ${differs}`, async () => {
    differs = [];
    for (const [place, { values }] of Object.entries(listeners)) if (!same(values.at(-1), await said(place))) differs.push(place);
    return differs.length === 0;
  });
}

const TESTS = {
  async 'what a broker published is shown, and is what stands in the tree'() {
    await connected.last(true);
    const broker = pipeline.broker('plain', '--rate', '200', '--seconds', '3');
    await broker.ended;
    await pipeline.isJudged('plain');
    await phoneIsCurrent();
    assert.deepEqual(Object.keys(listeners.services.values.at(-1)).sort(), ['AAPL', 'AMZN', 'MARK', 'MSFT', 'NVDA', 'TSLA', 'aggregate']);
    assert.ok(listeners.services.values.length > 5, 'change by change');
  },
  async 'get gives what REST gives, whole and in windows by key'() {
    const whole = await emulator.rest('GET', 'history/AAPL/orders');
    assert.deepStrictEqual((await d.get(phone.at('history/AAPL/orders'))).val(), whole);
    const keys = Object.keys(whole).sort();
    assert.ok(keys.length > 10, `${keys.length} orders`);
    assert.deepStrictEqual(Object.keys((await d.get(newestOrders(client(emulator.port).at, 10))).val()).sort(), keys.slice(-10));
    const between = d.query(phone.at('history/AAPL/orders'), d.orderByKey(), d.startAfter(keys[1]), d.endBefore(keys[5]));
    assert.deepStrictEqual(Object.keys((await d.get(between)).val()).sort(), keys.slice(2, 5));
  },
  async 'phones count together, and leave a word, beside what the relay writes'() {
    const broker = pipeline.broker('beside', '--rate', '100', '--seconds', '2', '--seed', '2');
    const phones = [phone, client(emulator.port)];
    await Promise.all(phones.flatMap(({ at }) => Array.from({ length: 10 }, () => d.runTransaction(at('phones/count'), (value) => (value ?? 0) + 1))));
    assert.equal(await emulator.rest('GET', 'phones/count'), 20);
    await d.onDisconnect(phones[1].at('phones/left')).set(true);
    await deleteApp(phones[1].app);
    await eventually(() => 'its word', async () => (await emulator.rest('GET', 'phones/left')) === true);
    await broker.ended;
    await phoneIsCurrent();
  },
  async 'what nobody should publish is shown as it stands in the tree'() {
    await pipeline.broker('awkward', '--awkward', '--rate', '400', '--seconds', '3', '--seed', '3').ended;
    await phoneIsCurrent();
    assert.ok('BRK%2EB' in listeners.services.values.at(-1));
    assert.ok(Array.isArray(listeners.channels.values.at(-1)) === false && listeners.channels.values.at(-1) !== null);
  },
  async 'the database is killed while the broker publishes, and comes back'() {
    const broker = pipeline.broker('database', ...AWKWARD, '--seed', '4');
    await phoneIsListening();
    await emulator.end('SIGKILL');
    await connected.last(false);
    await pipeline.startEmulator();
    await connected.last(true);
    await broker.ended;
    await phoneIsCurrent();
  },
  async 'Redis is killed while the broker publishes, and comes back'() {
    const broker = pipeline.broker('redis', ...AWKWARD, '--seed', '5');
    await phoneIsListening();
    await pipeline.redis.end('SIGKILL');
    await broker.ended; // it loses its Redis, too
    await pipeline.startRedis();
    await pipeline.relay.says('subscribed again after ');
    await pipeline.broker('redis again', ...AWKWARD, '--seed', '6').ended;
    await phoneIsCurrent();
  },
  async 'the relay is killed while the broker publishes, and comes back'() {
    const broker = pipeline.broker('relay', ...AWKWARD, '--seed', '7');
    await phoneIsListening();
    await pipeline.relay.end('SIGKILL');
    await pipeline.startRelay();
    await broker.ended;
    await phoneIsCurrent();
    assert.equal(connected.values.at(-1), true);
  },
  async 'all three are killed at once, and come back'() {
    await Promise.all([emulator.end('SIGKILL'), pipeline.redis.end('SIGKILL'), pipeline.relay.end('SIGKILL')]);
    await connected.last(false);
    await pipeline.startRedis();
    await pipeline.startEmulator();
    await pipeline.startRelay();
    await connected.last(true);
    await pipeline.broker('all', ...AWKWARD, '--seed', '8').ended;
    await phoneIsCurrent();
  },
};

/** Something has come of the broker that has just begun. */
async function phoneIsListening() {
  const before = listeners.services.values.length;
  await eventually(() => 'a change of services', () => listeners.services.values.length > before + 2);
}

await report(TESTS, () => pipeline.end());
