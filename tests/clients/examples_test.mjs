// The examples of docs/phone.md, run as they stand, while a broker's messages come through Redis and the relay.
// Environment: RELAY_BUILD (programs), CLIENTS_MODULES (where firebase is), CLIENTS_PYTHON (a Python that has firebase-admin; none: without its example).
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, order, price } from '../page/stage.mjs';
import { eventually, report } from './emulator.mjs';
import { Pipeline } from './pipeline.mjs';

const examples = fileURLToPath(new URL('../../docs/examples', import.meta.url));
const python = process.env.CLIENTS_PYTHON;
const day = new Date().toISOString().slice(0, 10);
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Google's sign-in, as far as one user with a password needs it: an ID token of the emulators', for which the database asks. */
const signIn = createServer((request, response) => {
  const seconds = Math.floor(Date.now() / 1000);
  const idToken = `${base64url({ alg: 'none' })}.${base64url({ sub: 'anna', user_id: 'anna', iat: seconds, exp: seconds + 3600 })}.`;
  const user = { localId: 'anna', email: 'anna@example.com' };
  const answer = request.url.includes(':signInWithPassword') ? { ...user, idToken, refreshToken: 'none', expiresIn: '3600' } : { users: [user] };
  response.setHeader('Access-Control-Allow-Origin', '*').end(JSON.stringify(answer));
});
await once(signIn.listen(0, '127.0.0.1'), 'listening');
const pipeline = new Pipeline();
await pipeline.start('--require-auth');
const { emulator } = pipeline;
Object.assign(process.env, {
  FIREBASE_DATABASE_EMULATOR_HOST: `127.0.0.1:${emulator.port}`, FIREBASE_AUTH_EMULATOR_HOST: `127.0.0.1:${signIn.address().port}`,
  TZ: 'Asia/Kolkata', // where a time without a zone shows whether it is taken for local time
  FIREBASE_API_KEY: 'any', FIREBASE_DATABASE_URL: 'https://demo.firebaseio.com', PHONE_EMAIL: 'anna@example.com', PHONE_PASSWORD: 'secret',
});
const publish = (message) => pipeline.publish('TICKER_UPDATES_BRK.B', message);
const publishOdd = (message) => pipeline.publish('TICKER_UPDATES_ODD', message);
const children = [];
function example(command, ...flags) {
  children.push(new Child(command, flags));
  return children.at(-1);
}
function phoneExample(ticker) {
  copyFileSync(path.join(examples, 'phone.mjs'), path.join(process.env.CLIENTS_MODULES, 'phone.mjs')); // beside its node_modules
  return example('node', path.join(process.env.CLIENTS_MODULES, 'phone.mjs'), ticker);
}

/** One moment as publishers may write it: docs/contract.md, "Time". */
const MOMENT = `${day}T00:00:01.786Z`;
const ms = Date.parse(MOMENT);
const WRITTEN = [
  MOMENT, `${day} 00:00:01.786+00`, `${day}T00:00:01,7865+0000`, `${day}T05:30:01.786+05:30`, `${day}t00:00:01.786`,
  ms / 1e3, ms, ms * 1e3, ms * 1e6, String(ms / 1e3), String(ms), `${ms}000`, `${ms}000000`,
];

const TESTS = {
  async 'JavaScript: prices by people\'s names, orders whose ids are numbers, a day, and whether the PC is on'() {
    await publish({ ...price('BRK.B', '412.6'), timestamp: `${day} 14:39:11.786` });
    for (const id of ['0', '1']) await publish(order('BRK.B', id, 'new'));
    await eventually(() => 'orders', async () => Array.isArray(await emulator.rest('GET', 'services/BRK%252EB/orders')));
    const phone = phoneExample('BRK.B');
    await phone.says(`BRK.B 412.60 at ${day}T14:39:11.786Z, 2 orders open`);
    const prices = Object.keys((await emulator.rest('GET', `history/BRK%252EB/prices/${day}`)) ?? {}).length;
    await phone.says(`${prices} prices of ${day}`);
    await publish(price('BRK.B', '413'));
    await phone.says('BRK.B 413.00 at ');
    await publish(order('BRK.B', '1', 'filled', { filled: '10' }));
    await phone.says('BRK.B 413.00 at .*, 1 orders open');
    await phone.says('the relay is alive');
    pipeline.relay.process.kill('SIGSTOP');
    await phone.says('the relay is silent');
    pipeline.relay.process.kill('SIGCONT');
    await phone.says('the relay is silent[^]*the relay is alive');
    await phone.end();
  },
  async 'JavaScript: what publishers leave out, and each way to write a time'() {
    // The day's list first, then the same prices as they come.
    const odd = [...WRITTEN, undefined, 'yesterday', { at: 1 }, 5].map((timestamp, index) => ({ ...price('ODD', String(index + 1)), timestamp }));
    for (const message of odd) await publishOdd(message);
    await publishOdd({ type: 'price', symbol: 'ODD', volume: 1 });
    await publishOdd({ type: 'order', symbol: 'ODD', order_data: { event: 'new', order: { id: 'a' } } }); // no status
    const count = async () => Object.keys((await emulator.rest('GET', `history/ODD/prices/${day}`)) ?? {}).length;
    await eventually(() => 'the prices', async () => (await count()) === odd.length + 1);
    await emulator.rest('PATCH', 'services/ODD/orders', { b: { event: 'new' } }); // by a route of one's own: no order at all
    const phone = phoneExample('ODD');
    await phone.says(`${odd.length + 1} prices of ${day}\n`);
    for (const [index, { timestamp }] of odd.entries()) {
      await phone.says(`${day}: ${index + 1} at ${index < WRITTEN.length ? MOMENT : 'an unknown time'}\n`);
      await publishOdd({ ...price('ODD', `${index + 100}`), timestamp });
      const when = index < WRITTEN.length ? MOMENT : `${new Date().toISOString().slice(0, 10)}T.*Z`; // else when the relay heard it
      await phone.says(`ODD ${index + 100}.00 at ${when}, 0 orders open\n`);
    }
    await phone.says(`${day}: no price at an unknown time\n`);
    await publishOdd(price('ODD', 'n/a'));
    await phone.says('ODD n/a at ');
    await phone.end();
  },
};
if (python) {
  TESTS['Python: the newest price, and every order message once and in order'] = async () => {
    process.env.FIREBASE_DATABASE_URL = `http://127.0.0.1:${emulator.port}?ns=demo`;
    await publish(price('BRK.B', '414.25'));
    await eventually(() => 'the price', async () => (await emulator.rest('GET', 'services/BRK%252EB/price')) === '414.25');
    const books = example(python, path.join(examples, 'orders.py'), 'BRK.B');
    await books.says('BRK.B 414.25\n2 orders are live\nwaiting for orders\n');
    for (let id = 2; id < 32; ++id) for (const status of ['new', 'filled']) await publish(order('BRK.B', String(id), status));
    await books.says('filled 31 filled');
    const lines = books.said.trim().split('\n').slice(3).map((line) => line.split(' '));
    assert.deepEqual(lines.map(([, , id]) => Number(id)), Array.from({ length: 60 }, (_, index) => 2 + Math.floor(index / 2)), books.said);
    await books.end();
  };
  TESTS['Python: a price that is a number or none, and orders of which something is left out'] = async () => {
    const stands = (value) => eventually(() => 'the price', async () => (await emulator.rest('GET', 'services/ODD/price')) === value);
    for (const value of ['n/a', 412.66]) {
      await publishOdd(price('ODD', value));
      await stands(value);
      await example(python, path.join(examples, 'orders.py'), 'ODD').says(`^ODD ${value}\n`);
    }
    const books = children.at(-1);
    await books.says('waiting for orders\n');
    const parts = [{}, { order_data: { event: 'new' } }, { order_data: { event: 'new', order: { id: 'c' } } }]; // the last is live: it tells that all are there
    for (const [index, part] of parts.entries()) await publishOdd({ type: 'order', symbol: 'ODD', timestamp: Date.now() + index, ...part });
    await books.says(' None None None\n[^]* new None None\n[^]* new c None\n');
    await books.end();
  };
}

await report(TESTS, async () => {
  for (const { process: child } of children) child.kill('SIGKILL');
  await pipeline.end();
});
