// The page as `firebase deploy` brings it, on a phone: https://PROJECT.firebaseapp.com in headless Chromium, with Firebase's emulators of Hosting and
// sign-in, rtdb-emulator with the rules that are deployed, and prices by Redis and the relay.
// Environment: RELAY_BUILD (programs), PAGE_PROJECT (a copy of firebase/ with what its hooks have fetched), and what browser.mjs needs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyAt } from '../../firebase/hosting/day.js';
import { PHONE, PICTURES, finish, launch, openPhone, runAll } from './browser.mjs';
import { DATABASE, NAME, ORIGIN, Project } from './project.mjs';
import { Stage, eventually, price } from './stage.mjs';

const FOLDER = process.env.PAGE_PROJECT;
const CONFIG = JSON.parse(readFileSync(path.join(FOLDER, 'firebase.json'), 'utf8')).hosting;
const PASSWORD = 'correct horse';
const RENEWAL_STEPS = 48; // of 70 s each: a stream that is silent for 75 s is another matter
const STEP = '01:10';
const REFUSED_RETRY = '00:31';

const rules = path.join(FOLDER, 'database.rules.json');
const stage = new Stage(process.env.RELAY_BUILD, { ns: NAME, emulatorFlags: ['--rules', rules] });
const project = new Project(process.env.PAGE_MODULES, FOLDER, () => stage.url);
const complaints = []; // of the browser, but for wrong passwords, refused readers and a database that is down, which is what is tested
let page;
let stranger;

const isExpected = (text) => /status of (400|401|503) /.test(text) || text.includes('net::ERR_');
const shows = (what, selector, text, timeoutMs) =>
  eventually(what, async () => (await page.locator(selector).allInnerTexts()).join('\n').includes(text), timeoutMs);
const isLive = () => shows('the page is connected', '#connection', 'live');
const cards = () => page.locator('[data-ticker]').count();

async function signIn(email) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function showsNewPrice(text) {
  await stage.publish('TICKER_UPDATES_AAPL', price('AAPL', text));
  await shows(`the price ${text}`, '[data-ticker="AAPL"] .price', text, 2000);
}

/** Whether `url` of the page's own server has anything of a token. */
const tells = (url) => /auth=|ey[A-Z]/.test(url.replace(/\/__\/auth\/.*/, ''));

/** A day of AAPL up to now, as the relay writes it. */
async function writeDay(day, count) {
  const begin = Date.parse(`${day}T00:00:00Z`);
  const step = (Date.now() - begin) / count;
  const entries = Array.from({ length: count }, (_, i) => [`${keyAt(begin + i * step)}abcdefghijkl`, { type: 'price', price: String(100 + (i % 60)), symbol: 'AAPL' }]);
  await stage.write(`history/AAPL/prices/${day}`, Object.fromEntries(entries));
}

const TESTS = {
  async 'the hook that copies the SDK says in one line what has to be run before it'() {
    const folder = mkdtempSync(path.join(tmpdir(), 'hook-test-'));
    copyFileSync(path.join(FOLDER, 'sdk.cjs'), path.join(folder, 'sdk.cjs'));
    const { status, stderr } = spawnSync(process.execPath, ['sdk.cjs'], { cwd: folder, encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    assert.equal(status, 1);
    assert.match(stderr, /^[^\n]*: npm ci --ignore-scripts\n$/);
  },
  async 'the page is served with the policy of firebase.json, and all of it but the SDK is at most 100 kB'() {
    const answer = await page.goto(ORIGIN);
    const wanted = CONFIG.headers.find(({ source }) => source === '/').headers;
    for (const { key, value } of wanted) assert.equal(answer.headers()[key.toLowerCase()], value, key);
    const folder = path.join(FOLDER, 'hosting');
    const sizes = readdirSync(folder).map((name) => statSync(path.join(folder, name))).filter((file) => file.isFile()).map((file) => file.size);
    assert.ok(sizes.length > 10 && sizes.reduce((a, b) => a + b) <= 100_000, String(sizes));
    assert.deepEqual(readdirSync(path.join(folder, 'sdk')), ['firebase-app.js', 'firebase-auth.js']);
  },
  async 'a project without a web app or a database is told what is missing'() {
    await page.route('**/__/firebase/init.json', (route) => route.fulfill({ json: { projectId: NAME } }));
    await page.reload();
    await shows('it', '#fault', 'This project has no web app that is linked to Hosting, and no Realtime Database');
    await page.unroute('**/__/firebase/init.json');
    await page.reload();
  },
  async 'who is not signed in sees a form, and nothing is asked of the database'() {
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await shows('it says so', '#connection', 'signed out');
    assert.equal(project.questions('').length, 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width);
    await page.screenshot({ path: path.join(PICTURES, 'sign-in.png') });
  },
  async 'a wrong password is told'() {
    await page.getByLabel('E-mail').fill('eve@example.com');
    await page.getByLabel('Password').fill('something else');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await shows('what is wrong', '#sign-in-error', 'No account has this e-mail address and this password.');
  },
  async 'a stranger is refused with one sentence that says how he is let in'() {
    await stage.publish('TICKER_UPDATES_AAPL', price('AAPL', '187.00'));
    await signIn('eve@example.com');
    await shows('the sentence', '#stranger', `the owner lets you in by the entry readers/${stranger}: true`);
    await shows('it says so', '#connection', 'the database refuses');
    assert.equal(await cards(), 0);
    assert.equal(await page.locator('#empty').isVisible(), false);
    await page.screenshot({ path: path.join(PICTURES, 'stranger.png') });
  },
  async 'once he is let in, he sees prices within half a minute, without a reload'() {
    await stage.write(`readers/${stranger}`, true);
    await page.clock.fastForward(REFUSED_RETRY);
    await isLive();
    await shows('the price', '[data-ticker="AAPL"] .price', '187.00');
    assert.equal(await page.locator('#stranger').isVisible(), false);
  },
  async 'a reader sees a price within two seconds of its publishing'() {
    await showsNewPrice('187.25');
  },
  async 'titles are as published, not as keys'() {
    await stage.publish('TICKER_UPDATES_BRK.B', price('BRK.B', '412.66'));
    await shows('the title', '[data-ticker="BRK%2EB"] h2', 'BRK.B');
    await stage.write('services/KEY/symbol', 'NAME');
    await shows('the title', '[data-ticker="KEY"] h2', 'NAME');
  },
  async 'a busy day is drawn from few of its prices, and goes on'() {
    const day = new Date().toISOString().slice(0, 10);
    await writeDay(day, 2000);
    const before = project.questions('history').length;
    await page.locator('[data-ticker="AAPL"] .day summary').click();
    await shows('what it took', '[data-ticker="AAPL"] figcaption', 'downloaded');
    const said = await page.locator('[data-ticker="AAPL"] figcaption').innerText();
    assert.match(said, new RegExp(`^${day} \\(UTC\\): 29\\d prices out of all, \\d\\d kB downloaded$`));
    const asked = project.questions('history').slice(before);
    assert.ok(asked.length <= 50 && asked.every(({ path: url }) => /limitTo(First|Last)=\d+/.test(url)), `${asked.length} questions`);
    await shows('the range', '[data-ticker="AAPL"] .day', 'low 100 · high 159');
    await showsNewPrice('188.50');
    await shows('the newest price on the line', '[data-ticker="AAPL"] .day', 'high 188.5');
    assert.match(await page.getByRole('img', { name: 'AAPL: from 100' }).locator('polyline').getAttribute('points'), /^0\.0,/);
  },
  async 'after 55 minutes there is a new stream with a new token, and nobody sees it'() {
    const { tokens } = project;
    const states = await page.evaluateHandle(() => {
      const seen = [];
      const line = document.getElementById('connection');
      new MutationObserver(() => seen.push(line.textContent)).observe(line, { childList: true, characterData: true, subtree: true });
      return seen;
    });
    for (let step = 1; step <= RENEWAL_STEPS; ++step) {
      await Promise.all([stage.write('services/KEY/price', step), stage.write('relay/other/lag_ms', step)]);
      await shows('services', '[data-ticker="KEY"] .price', String(step));
      await shows('relay', '[data-relay="other"]', `lag ${step} ms`);
      await page.clock.fastForward(STEP);
    }
    await eventually('a new token', () => project.tokens.length > tokens.length);
    await isLive();
    await showsNewPrice('187.75');
    assert.deepEqual(await states.jsonValue(), []);
    await eventually('the streams before are closed', () => project.streams.size === 2);
  },
  async 'a token that the database lets end is renewed'() {
    await stage.emulator.end();
    stage.emulatorFlags.push('--token-seconds', '4');
    await stage.startEmulator();
    await isLive();
    const { length } = project.tokens;
    await eventually('two more tokens', () => project.tokens.length >= length + 2);
    await isLive();
    await showsNewPrice('187.80');
  },
  async 'an answer that is no stream is a refusal only if it is 401, and either is over when it is'() {
    project.answerOnly(503);
    await shows('it says so', '#connection', 'connecting');
    const { length } = project.questions('services');
    await page.clock.fastForward('00:10');
    await eventually('it asks again', () => project.questions('services').length > length);
    await shows('it still says so', '#connection', 'connecting');
    assert.ok((await cards()) > 0, 'what was there is still shown');
    project.answerOnly(401);
    await page.clock.fastForward('00:10');
    await shows('the sentence', '#stranger', `readers/${stranger}: true`);
    await eventually('no cards', async () => (await cards()) === 0);
    project.answerOnly(0);
    await page.clock.fastForward(REFUSED_RETRY);
    await page.clock.fastForward('00:10');
    await isLive();
    await showsNewPrice('187.85');
  },
  async 'a reader who is removed sees nothing any more, and the sentence'() {
    assert.ok((await cards()) > 0);
    await stage.write(`readers/${stranger}`, null);
    await shows('the sentence', '#stranger', `readers/${stranger}: true`);
    await eventually('no cards', async () => (await cards()) === 0);
    assert.equal(await page.locator('#relays').isVisible(), false);
    await eventually('nothing is listened to', () => project.streams.size === 0);
  },
  async 'signing out leaves the form, and nobody is known after a reload'() {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await shows('it says so', '#connection', 'signed out');
    assert.equal(await page.getByRole('heading', { name: 'Sign in' }).isVisible(), true);
  },
  async 'by Google: its script and frame are asked for then only, and whoever comes back is signed in'() {
    assert.deepEqual(project.asked.filter(({ host }) => host === 'apis.google.com'), []);
    await page.getByRole('button', { name: 'Sign in with Google' }).click();
    await page.getByRole('button', { name: 'Go on as Gina' }).click();
    await shows('who', '#who', 'gina@example.com');
    await shows('she is a stranger', '#stranger', 'may not read yet');
    const uid = await page.locator('#uid').innerText();
    await stage.write(`readers/${uid}`, true);
    await page.reload();
    await isLive();
    await showsNewPrice('187.90');
  },
  async 'no token goes anywhere but to the database and Google, and none is in what a server says'() {
    assert.ok(project.tokens.length >= 4);
    const elsewhere = project.asked.filter(({ host, path: url }) => host === `${NAME}.firebaseapp.com` && tells(url));
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(project.asked.filter(({ host, referer }) => referer && (host === DATABASE || tells(referer))), []);
    for (const server of [stage.emulator, project.tools]) for (const token of project.tokens) assert.ok(!server.said.includes(token));
  },
  async 'the browser complained about nothing and asked nobody else'() {
    assert.deepEqual(complaints, []);
    assert.deepEqual(project.foreign, []);
  },
};

let failed;
let browser;
try {
  await stage.start();
  await project.start();
  stranger = await project.addAccount('eve@example.com', PASSWORD);
  browser = await launch(project.browserFlags);
  page = await openPhone(browser, complaints, isExpected, { ignoreHTTPSErrors: true });
  await page.clock.install();
  failed = await runAll(TESTS, page);
} finally {
  await browser?.close();
  await project.end();
  await stage.end();
}
finish(TESTS, failed);
