// Firebase's JavaScript SDK in Node.js, and what its tests ask of it.
// Environment: CLIENTS_MODULES (where firebase is).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { eventually } from './emulator.mjs';

const require = createRequire(path.join(process.env.CLIENTS_MODULES, 'package.json'));
export const { initializeApp, deleteApp, getApps } = require('firebase/app');
export const d = require('firebase/database');
console.warn = () => {}; // the SDK says there that it was cut off

let apps = 0;
/** A client of its own, as on another phone, of the database that listens at `port`. */
export function client(port, options = {}) {
  const app = initializeApp({ projectId: 'demo', databaseURL: 'https://demo.firebaseio.com' }, `client ${++apps}`);
  const db = d.getDatabase(app);
  d.connectDatabaseEmulator(db, '127.0.0.1', port, options);
  return { app, db, at: (place) => d.ref(db, place) };
}

/** What a listener was shown, one value a change. */
export function shown(query) {
  const values = [];
  d.onValue(query, (snapshot) => values.push(snapshot.val()), (error) => values.push(String(error)));
  return { values, last: (expected) => eventually(() => `${JSON.stringify(expected)} after ${JSON.stringify(values)}`, () => values.length > 0 && same(values.at(-1), expected)) };
}

export function same(a, b) {
  try {
    assert.deepStrictEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
