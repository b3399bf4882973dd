// firebase-admin for Node.js reads, listens, queries, writes and transacts, beside a broker and a relay that are at work.
// Environment: FIREBASE_DATABASE_EMULATOR_HOST, CLIENTS_MODULES (where firebase-admin is).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { eventually, report } from '../emulator.mjs';

const require = createRequire(path.join(process.env.CLIENTS_MODULES, 'package.json'));
const { initializeApp } = require('firebase-admin/app');
const { getDatabase } = require('firebase-admin/database');
const db = getDatabase(initializeApp({ databaseURL: `http://${process.env.FIREBASE_DATABASE_EMULATOR_HOST}?ns=demo` }));
const at = (place) => db.ref(place);
const value = async (query) => (await query.once('value')).val();

const TESTS = {
  async 'reads what the relay wrote, by the key as it stands in the tree'() {
    assert.equal(await value(at('services/BRK%2EB/symbol')), 'BRK.B');
    assert.match((await value(at('services')))['BRK%2EB'].price, /^\d+\.\d\d$/);
  },
  async 'listens to a price that moves'() {
    const prices = new Set();
    at('services/AAPL/price').on('value', (snapshot) => prices.add(snapshot.val()));
    await eventually(() => `three prices: ${[...prices]}`, () => prices.size >= 3);
    at('services/AAPL/price').off();
  },
  async 'queries the newest orders by their keys'() {
    const orders = await value(at('history/AAPL/orders').orderByKey().limitToLast(5));
    assert.equal(Object.keys(orders).length, 5);
    assert.ok(Object.values(orders).every(({ order_data }) => order_data.order.symbol === 'AAPL'));
    await at('clients/node/list').set({ a: 1, b: 2, c: 3 });
    assert.deepEqual(await value(at('clients/node/list').orderByKey().startAt('b')), { b: 2, c: 3 });
  },
  async 'writes, updates several places at once, pushes and removes'() {
    await at('clients/node').update({ 'list/a': null, 'deep/x%2Ey': 'z' });
    assert.deepEqual(await value(at('clients/node')), { list: { b: 2, c: 3 }, deep: { 'x%2Ey': 'z' } });
    const { key } = await at('clients/node/log').push({ n: 1 });
    assert.equal(key.length, 20);
    await at(`clients/node/log/${key}`).remove();
    assert.equal(await value(at('clients/node/log')), null);
  },
  async 'transacts, several at once'() {
    await Promise.all(Array.from({ length: 10 }, () => at('clients/node/count').transaction((count) => (count ?? 0) + 1)));
    assert.equal(await value(at('clients/node/count')), 10);
  },
};

await report(TESTS, async () => {});
