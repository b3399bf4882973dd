// A database that nobody here wrote, npm's firebase-server: a relay writes to it, Firebase's SDK reads from it, and the same messages make the same
// tree there as in rtdb-emulator, to which a second relay writes. It answers a PATCH with 200 and all that stands at the URL, as if print=silent were
// not there, and has no event streams.
// Environment: RELAY_BUILD (programs), CLIENTS_MODULES (where firebase is), JUDGE_MODULES (where firebase-server is).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { eventually, report } from './emulator.mjs';
import { Pipeline } from './pipeline.mjs';
import { client, d, same, shown } from './sdk.mjs';

const FirebaseServer = createRequire(path.join(process.env.JUDGE_MODULES, 'package.json'))('firebase-server');
const BODY_MAX = 500_000; // it cuts the connection above a million characters

const pipeline = new Pipeline();
await pipeline.start();
const judge = new FirebaseServer({ port: 0, address: '127.0.0.1', rest: true }, 'localhost');
if (!judge.https.listening) await once(judge.https, 'listening');
// After 5 s it would close idle connections, now and then just as a request comes, which is then sent again.
judge.https.keepAliveTimeout = 0;
const { port } = judge.https.address();
const relay = await pipeline.startRelay('second', `http://127.0.0.1:${port}/?ns=demo`, '--batch-max-bytes', String(BODY_MAX));
const phone = client(port);
const listeners = Object.fromEntries(['services', 'channels', 'history'].map((place) => [place, shown(phone.at(place))]));

const isEntry = (key) => /^-[-\w]{19}$/.test(key);
const hasTime = (value) => value.timestamp !== undefined || value.order_data !== undefined;
/** As texts that can be compared, `last_updated` left out: the clock of the one relay or the other. */
function inOrder(value) {
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).filter((key) => key !== 'last_updated').sort().map((key) => [key, inOrder(value[key])]));
}
/** The history with entries by their keys where `isTheirs(value)` says so; of all others the values alone, since their keys have the time at which the
 * one relay or the other received them. */
function history(node, isTheirs) {
  const places = {};
  const others = [];
  for (const [key, value] of Object.entries(node)) {
    if (!isEntry(key)) places[key] = history(value, isTheirs);
    else if (isTheirs(value)) places[key] = inOrder(value);
    else others.push(JSON.stringify(inOrder(value)));
  }
  return { places, others: others.sort() };
}
/** The first place where two trees differ; nothing when they do not. */
function difference(a, b, place = '') {
  if (same(a, b)) return '';
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return `${place}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`.slice(0, 500);
  return Object.keys({ ...a, ...b }).reduce((found, key) => found || difference(a[key], b[key], `${place}/${key}`), '');
}
/** Until the SDK at firebase-server shows what rtdb-emulator has by REST. `isTheirs`: which entries of history two relays have under the same key. */
async function treesAreEqual(isTheirs) {
  const price = await pipeline.publishMark();
  await eventually(() => `the phone shows ${price}`, () => listeners.services.values.at(-1)?.MARK?.price === price);
  for (const [place, { values }] of Object.entries(listeners)) {
    const comparable = place === 'history' ? (tree) => history(tree, isTheirs) : inOrder;
    let found;
    await eventually(() => `${place} is the same, but for ${found}`, async () => {
      found = difference(comparable(values.at(-1)), comparable(await pipeline.emulator.rest('GET', place)));
      return found === '';
    });
  }
}

const TESTS = {
  async 'a broker makes the same tree in both databases'() {
    await pipeline.broker('plain', '--rate', '200', '--seconds', '4').ended;
    await pipeline.isJudged('plain');
    await treesAreEqual(hasTime);
    assert.ok(Object.keys(listeners.history.values.at(-1).AAPL.orders).length > 10);
  },
  async 'a path as long as an SDK takes it is written, and what is longer is set aside'() {
    const longest = 768 - '/history/_channels/NEWS/2026-11-28/'.length - 20 - '/'.length;
    await pipeline.publish('NEWS', { ['k'.repeat(longest + 1)]: 1 }); // by such a one firebase-server crashes
    await pipeline.publish('NEWS', { ['k'.repeat(longest)]: 2 });
    await treesAreEqual(hasTime);
    assert.deepStrictEqual(listeners.channels.values.at(-1).NEWS, { ['k'.repeat(longest)]: 2 });
    assert.match(relay.said, /dead letter: path_too_long/);
  },
  async 'awkward tickers, keys and payloads do so, too'() {
    await pipeline.broker('awkward', '--awkward', '--rate', '200', '--seconds', '4', '--seed', '2').ended;
    await treesAreEqual(() => false);
    assert.ok('BRK%2EB' in listeners.services.values.at(-1));
  },
  async 'an SDK writes and transacts there as in rtdb-emulator'() {
    for (const { at } of [phone, client(pipeline.emulator.port)]) {
      await d.set(at('phones'), { count: 1 });
      await d.runTransaction(at('phones/count'), (count) => (count ?? 0) + 1);
      await shown(at('phones')).last({ count: 2 }); // its protocol is older than get()
    }
  },
  async 'the relay sent nothing twice, and nothing was refused'() {
    const metrics = await (await fetch(`${await relay.says('http listening on ')}/metrics`)).text();
    const sum = (series) => [...metrics.matchAll(new RegExp(`^firebase_relay_${series}(?:{.*})? (\\d+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0);
    assert.ok(sum('patches_total') > 10, metrics);
    assert.equal(sum('retries_total'), 0, `${metrics.match(/^firebase_relay_retries_total.* [1-9].*$/gm)}\n${relay.said}`);
    assert.equal(sum('dead_letters_total{reason="refused"}'), 0);
  },
};

await report(TESTS, () => pipeline.end());
