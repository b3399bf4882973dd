// Firebase's own JavaScript SDK in headless Chromium, where it polls until it may have a WebSocket.
// Environment: RELAY_BUILD (programs), CLIENTS_MODULES (where firebase and playwright-core are).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Emulator, eventually, report } from './emulator.mjs';

const modules = process.env.CLIENTS_MODULES;
const { chromium } = createRequire(path.join(modules, 'package.json'))('playwright-core');
const PAGE = 'http://phone.test/';
const scripts = ['app', 'database'].map((name) => readFileSync(path.join(modules, `node_modules/firebase/firebase-${name}-compat.js`), 'utf8'));

const emulator = new Emulator();
await emulator.start();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests'] });

/** A page that listens to `services`; `before`: what its SDK is told first. */
async function open(before) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route(PAGE, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>phone</title><body></body>' }));
  const ways = []; // '/.lp' and '/.ws', as they were asked for
  page.on('request', (request) => request.url().includes('/.lp') && ways.push('/.lp'));
  page.on('websocket', (socket) => ways.push(new URL(socket.url()).pathname));
  await page.goto(PAGE);
  for (const script of scripts) await page.evaluate(script);
  /* global firebase */
  await page.evaluate((port) => void firebase.initializeApp({ projectId: 'demo', databaseURL: `http://127.0.0.1:${port}?ns=demo` }), emulator.port);
  await page.evaluate(before);
  await page.evaluate(() => {
    window.shown = [];
    firebase.database().ref('services').on('value', (snapshot) => window.shown.push(snapshot.val()));
  });
  const shows = (expected) => eventually(() => `the page shows ${JSON.stringify(expected)}`, async () => {
    const last = await page.evaluate(() => window.shown.at(-1));
    return JSON.stringify(last) === JSON.stringify(expected);
  });
  return { page, ways, shows, close: () => context.close() };
}

const failedBefore = "localStorage.setItem('firebase:previous_websocket_failure', 'true')";
const TESTS = {
  async 'a page with a WebSocket'() {
    await emulator.rest('PUT', 'services', { A: 1 });
    const phone = await open('0');
    await phone.shows({ A: 1 });
    await emulator.rest('PATCH', 'services', { A: 2 });
    await phone.shows({ A: 2 });
    assert.ok(phone.ways.includes('/.ws') && !phone.ways.includes('/.lp'), String(phone.ways));
    await phone.close();
  },
  async 'a page that only polls listens, writes more than a URL holds, and leaves a word when it is closed'() {
    await emulator.rest('PUT', 'services', { A: 1 });
    const phone = await open('firebase.database().INTERNAL.forceLongPolling()');
    await phone.shows({ A: 1 });
    await emulator.rest('PATCH', 'services', { A: 2 });
    await phone.shows({ A: 2 });
    const text = 'ü'.repeat(5_000);
    await phone.page.evaluate((value) => firebase.database().ref('long').set(value), text);
    assert.ok((await emulator.rest('GET', 'long')) === text);
    await phone.page.evaluate(() => firebase.database().ref('left').onDisconnect().set('gone'));
    assert.ok(!phone.ways.includes('/.ws'), String(phone.ways));
    await phone.page.evaluate(() => firebase.database().goOffline());
    await eventually(() => 'what was left is done', async () => (await emulator.rest('GET', 'left')) === 'gone');
    await phone.close();
  },
  async 'after one failed WebSocket a page polls first and changes to a WebSocket'() {
    await emulator.rest('PUT', 'services', { A: 1 });
    const phone = await open(failedBefore);
    await phone.shows({ A: 1 });
    await eventually(() => `a WebSocket after ${phone.ways}`, () => phone.ways.includes('/.ws'));
    assert.equal(phone.ways[0], '/.lp');
    const counts = phone.page.evaluate(() => Promise.all(Array.from({ length: 20 }, () => firebase.database().ref('count').transaction((value) => (value ?? 0) + 1))));
    for (let price = 2; price <= 20; ++price) await emulator.rest('PATCH', 'services', { A: price });
    await phone.shows({ A: 20 });
    await counts;
    assert.equal(await emulator.rest('GET', 'count'), 20);
    await emulator.rest('PUT', 'services', { B: 1 });
    await phone.shows({ B: 1 });
    await phone.close();
  },
  async 'a page that polls goes on after the emulator was killed'() {
    await emulator.rest('PUT', 'services', { A: 1 });
    const phone = await open('firebase.database().INTERNAL.forceLongPolling()');
    await phone.shows({ A: 1 });
    await emulator.end('SIGKILL');
    await emulator.start();
    await emulator.rest('PUT', 'services', { B: 2 });
    await phone.shows({ B: 2 });
    await phone.close();
  },
};

await report(TESTS, async () => {
  await browser.close();
  await emulator.end('SIGKILL');
});
