// The page of rtdb-emulator in headless Chromium, fed by the whole pipeline: redis-cli publish → relay → database → page.
// Environment: RELAY_BUILD (programs), and what browser.mjs needs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { keyAt } from '../../firebase/hosting/day.js';
import { dateOf } from '../../firebase/hosting/text.js';
import { PHONE, PICTURES, finish, launch, openPhone, runAll } from './browser.mjs';
import { Stage, eventually, order, performance, price, registration } from './stage.mjs';

const MARKUP = '<img src=x onerror=alert(1)>';

const stage = new Stage(process.env.RELAY_BUILD);
const complaints = []; // of the browser, but for those about an emulator that is down on purpose
const foreign = [];
let emulatorIsDown = false;
let page;

const card = (ticker) => page.locator(`[data-ticker="${ticker}"]`);
const priceOf = (ticker) => card(ticker).locator('.price');
const textOf = async (locator) => ((await locator.count()) === 0 ? '' : locator.first().innerText());
const shows = (what, locator, text, timeoutMs) => eventually(what, async () => (await textOf(locator)).includes(text), timeoutMs);
const isLive = () => shows('the page is connected', page.locator('#connection'), 'live');

async function openPage(browser) {
  page = await openPhone(browser, complaints, (text) => emulatorIsDown && text.includes('net::ERR_'));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${stage.url}/`) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  await page.goto(`${stage.url}/?ns=demo`);
}

async function restartEmulator(tree) {
  emulatorIsDown = true;
  await stage.emulator.end();
  await eventually('the page notices', async () => (await textOf(page.locator('#connection'))) !== 'live');
  await stage.startEmulator(tree);
  await isLive();
  emulatorIsDown = false;
}

/** A walk of a day's prices that ends at `last`, the same each time. */
function walk(day, last, count = 180) {
  let seed = 11;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const steps = Array.from({ length: count }, () => (random() - 0.48) * 0.24);
  const begin = last - steps.reduce((sum, step) => sum + step, 0);
  const span = Date.now() - 60_000 - Date.parse(day);
  let at = begin;
  return Object.fromEntries(steps.map((step, i) => [`${keyAt(Date.parse(day) + (i * span) / count)}abcdefghijkl`, { price: (at += step).toFixed(2) }]));
}

/** What a person would like to see: for docs/page.png. */
async function publishPortrait() {
  for (const [ticker, from, to] of [['AAPL', '187.05', '187.23'], ['BRK.B', '412.90', '412.66'], ['NVDA', '131.88', '131.97']]) {
    await stage.publish('BROKER_REGISTRATION', registration(ticker, ticker === 'NVDA' ? 'unsubscribe' : 'subscribe'));
    await stage.publish(`TICKER_UPDATES_${ticker}`, price(ticker, from));
    await shows('the first price', priceOf(ticker.replace('.', '%2E')), from);
    await stage.publish(`TICKER_UPDATES_${ticker}`, price(ticker, to));
  }
  await stage.publish('TICKER_PERFORMANCE_AGGREGATE', performance('aggregate', 318.4, 94.15));
  await stage.publish('TICKER_PERFORMANCE_AAPL', performance('AAPL', 204.1, 51.3));
  await stage.publish('TICKER_PERFORMANCE_BRK.B', performance('BRK.B', 114.3, -17.45));
  await stage.publish('TICKER_UPDATES_AAPL', order('AAPL', 'a1', 'filled', { filled: '10', minutesAgo: 50 }));
  await stage.publish('TICKER_UPDATES_AAPL', order('AAPL', 'a2', 'new', { side: 'sell', qty: '10', limit: '189.00', minutesAgo: 12 }));
  await stage.publish('TICKER_UPDATES_AAPL', order('AAPL', 'a3', 'partially_filled', { qty: '25', filled: '5', limit: '186.90', minutesAgo: 3 }));
  await stage.publish('TICKER_UPDATES_BRK.B', order('BRK.B', 'b1', 'canceled', { side: 'sell', minutesAgo: 30 }));
  await shows('the newest order', card('AAPL'), '5 of 25');
  await shows('the closed order', card('BRK%2EB'), '1 closed');
  const day = new Date().toISOString().slice(0, 10);
  await stage.write(`history/AAPL/prices/${day}`, walk(day, 187.23));
  await card('AAPL').locator('.day summary').click();
  await shows('the day', card('AAPL').locator('figcaption'), 'downloaded');
}

/** Light and dark side by side: what docs/page.png is made of. */
async function takeBothPictures(browser) {
  const both = await browser.newPage({ viewport: { width: 2 * PHONE.width + 60, height: PHONE.height }, deviceScaleFactor: 1.25 });
  const image = (name) => `<img width="${PHONE.width}" src="data:image/png;base64,${readFileSync(path.join(PICTURES, name)).toString('base64')}">`;
  const style = 'body{margin:0;padding:20px;display:flex;gap:20px;background:#c9ced8}img{border-radius:18px;display:block}';
  await both.setContent(`<style>${style}</style>${image('light.png')}${image('dark.png')}`);
  await both.screenshot({ path: path.join(PICTURES, 'page.png'), fullPage: true });
  await both.close();
}

const TESTS = {
  async 'a price published to Redis shows within two seconds'() {
    await stage.publish('TICKER_UPDATES_AAPL', price('AAPL', '187.20'));
    await shows('the price', priceOf('AAPL'), '187.20', 2000);
  },
  async 'a price that changes is marked, up and down'() {
    await stage.publish('TICKER_UPDATES_AAPL', price('AAPL', '188.00'));
    await eventually('up', () => priceOf('AAPL').and(page.locator('[data-change="up"]')).count());
    await stage.publish('TICKER_UPDATES_AAPL', price('AAPL', '186.00'));
    await eventually('down', () => priceOf('AAPL').and(page.locator('[data-change="down"]')).count());
  },
  async 'status and performance stand with their ticker, the aggregate on top'() {
    await stage.publish('BROKER_REGISTRATION', registration('AAPL'));
    await stage.publish('TICKER_PERFORMANCE_AAPL', performance('AAPL', 10, -2.5));
    await stage.publish('TICKER_PERFORMANCE_AGGREGATE', performance('aggregate', 100, 23.5));
    await shows('status', card('AAPL'), 'running');
    await shows('performance', card('AAPL'), '+7.50');
    await shows('the aggregate', page.locator('#aggregate'), '+123.50');
    assert.equal(await card('aggregate').count(), 0, 'the aggregate is no ticker');
    const [top, first] = await Promise.all([page.locator('#aggregate').boundingBox(), card('AAPL').boundingBox()]);
    assert.ok(top.y < first.y);
  },
  async 'an order changes its state in place, and stands behind the open ones when it is closed'() {
    await stage.publish('TICKER_UPDATES_AAPL', order('AAPL', 'one', 'new', { minutesAgo: 2 }));
    await stage.publish('TICKER_UPDATES_AAPL', order('AAPL', 'two', 'new', { minutesAgo: 1 }));
    await eventually('two open orders', async () => (await card('AAPL').locator('li').count()) === 2);
    const row = await card('AAPL').locator('li').nth(1).elementHandle();
    await row.evaluate((node) => (window.watched = node));
    await stage.publish('TICKER_UPDATES_AAPL', order('AAPL', 'one', 'partially_filled', { filled: '4', minutesAgo: 2 }));
    await eventually('4 of 10', () => page.evaluate(() => window.watched.isConnected && window.watched.innerText.includes('4 of 10')));
    await stage.publish('TICKER_UPDATES_AAPL', order('AAPL', 'one', 'filled', { filled: '10', minutesAgo: 2 }));
    await eventually('filled', () => page.evaluate(() => window.watched.isConnected && window.watched.dataset.status === 'filled'));
    await shows('a line for the closed ones', card('AAPL').locator('.closed summary'), '1 closed');
    assert.equal(await page.evaluate(() => window.watched.closest('details') !== null), true);
  },
  async 'orders whose ids are numbers come back as an array, and are shown all the same'() {
    for (const id of ['0', '1']) await stage.publish('TICKER_UPDATES_MSFT', order('MSFT', id, 'new'));
    await eventually('both', async () => (await card('MSFT').locator('li').count()) === 2);
  },
  async 'a key that the database cannot take is shown as the ticker it is'() {
    await stage.publish('TICKER_UPDATES_BRK.B', price('BRK.B', '412.66'));
    await shows('the name', card('BRK%2EB').locator('h2'), 'BRK.B');
  },
  async 'a ticker named like HTML is shown as text'() {
    await stage.publish('TICKER_UPDATES_X', price(MARKUP, MARKUP));
    await eventually('its name', async () => (await page.locator('h2').allInnerTexts()).includes(MARKUP));
    assert.equal(await page.locator('img').count(), 0);
  },
  async 'a title is as published, whatever the key'() {
    await stage.write('services/SOME%252EKEY/symbol', 'a <b>title</b>');
    await shows('the title', card('SOME%2EKEY').locator('h2'), 'a <b>title</b>');
    assert.equal(await page.getByRole('article', { name: 'a <b>title</b>' }).count(), 1);
  },
  async 'a quiet day is drawn whole, and says what it took'() {
    const day = new Date().toISOString().slice(0, 10);
    await stage.publish('TICKER_UPDATES_DAY', price('DAY', '12.00'));
    await shows('the price', priceOf('DAY'), '12.00');
    await stage.write(`history/DAY/prices/${day}`, null); // what the relay wrote of it just now
    const entries = ['10.5', '11', '<img src=x>'].map((value, i) => [`${keyAt(Date.parse(day) + i)}abcdefghijkl`, { price: value }]);
    await stage.write(`history/DAY/prices/${day}`, Object.fromEntries(entries));
    await card('DAY').locator('.day summary').click();
    await eventually('what it took', async () => (await textOf(card('DAY').locator('figcaption'))).match(/\(UTC\): 2 prices, 1\d\d B downloaded$/));
    await page.getByRole('img', { name: 'DAY: from 10.5 to 11, lowest 10.5, highest 11' }).waitFor();
    await stage.publish('TICKER_UPDATES_DAY', price('DAY', '13.25'));
    await shows('the newest price on it', card('DAY').locator('.day'), 'low 10.5 · high 13.25');
    await card('DAY').locator('.day summary').click();
  },
  async 'times are read as publishers write them'() {
    const moment = Date.parse('2026-05-06T14:39:11Z');
    const written = ['2026-05-06T14:39:11', '2026-05-06 14:39:11+00', '2026-05-06T20:09:11.000000+0530', '2026-05-06T09:39:11-05:00', '1778078351', moment, `${moment}000`, `${moment}000000`];
    for (const text of written) assert.equal(dateOf(text)?.getTime(), moment, text);
    for (const text of ['', 'soon', '2026-13-06T14:39:11', null, undefined]) assert.equal(dateOf(text), null, text);
  },
  async 'its policy is that of firebase.json, without other hosts'() {
    const sourcesOf = (policy) => new Map(policy.split('; ').map((each) => [each.split(' ')[0], each.split(' ').slice(1)]));
    const { headers } = JSON.parse(readFileSync(new URL('../../firebase/firebase.json', import.meta.url), 'utf8')).hosting.headers.find(({ source }) => source === '/');
    const deployed = sourcesOf(headers.find(({ key }) => key === 'Content-Security-Policy').value);
    const here = sourcesOf((await fetch(stage.url)).headers.get('content-security-policy'));
    assert.deepEqual(here.get('require-trusted-types-for'), ["'script'"]);
    here.delete('require-trusted-types-for');
    assert.deepEqual(deployed.get('frame-src'), ["'self'"], "sign-in's");
    deployed.delete('frame-src');
    assert.deepEqual([...here.keys()].sort(), [...deployed.keys()].sort());
    for (const [name, sources] of here) assert.deepEqual(sources, deployed.get(name).filter((source) => !source.startsWith('https:')), name);
  },
  async 'it has the landmarks of a page, and can be installed'() {
    for (const role of ['banner', 'main']) assert.equal(await page.getByRole(role).count(), 1, role);
    for (const name of ['Tickers', 'The relay itself']) assert.equal(await page.getByRole('region', { name }).count(), 1, name);
    assert.equal(await page.getByRole('contentinfo').count(), 0, 'nobody is signed in here');
    const browser = await page.context().newCDPSession(page);
    const { errors } = await browser.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []); // as every test is
  },
  async 'a relay that says nothing any more is noticed, and its return too'() {
    assert.equal(await page.locator('#notice').isVisible(), false);
    stage.relay.process.kill('SIGSTOP');
    await shows('silence', page.locator('#notice'), 'The relay is silent since');
    const readOut = await page.evaluateHandle(() => {
      const changes = [];
      for (const region of document.querySelectorAll('[role=alert], [role=status]'))
        new MutationObserver(() => changes.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
      return changes;
    });
    const since = await textOf(page.locator('#since'));
    await eventually('the silence grows', async () => (await textOf(page.locator('#since'))) !== since);
    await stage.publish('TICKER_UPDATES_AAPL', price('AAPL', '186.50')); // nobody relays it
    assert.deepEqual(await readOut.jsonValue(), [], 'what is read out says it once');
    stage.relay.process.kill('SIGCONT');
    await eventually('the notice goes', async () => !(await page.locator('#notice').isVisible()));
  },
  async 'a gap in the subscription is listed'() {
    await stage.redis.end('SIGKILL');
    await stage.startRedis();
    await stage.relay.says('subscribed again after ');
    await shows('the gap', page.locator('[data-relay="home"] .gaps'), ':');
  },
  async 'nothing is wider than a phone of 360 px'() {
    await stage.publish('TICKER_UPDATES_LONG', price('W'.repeat(120), '9'.repeat(60)));
    await eventually('it', () => card('W'.repeat(120)).count());
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width);
  },
  async 'the page survives a restart of the database'() {
    await restartEmulator('tree.json');
    await stage.publish('TICKER_UPDATES_AAPL', price('AAPL', '199.01'));
    await shows('a new price', priceOf('AAPL'), '199.01', 30_000);
  },
  async 'after a restart without its data nothing old is left'() {
    await restartEmulator('fresh.json');
    await eventually('old tickers go', async () => (await card('MSFT').count()) === 0);
    await stage.publish('TICKER_UPDATES_AAPL', price('AAPL', '187.00'));
    await shows('a new price', priceOf('AAPL'), '187.00', 30_000);
  },
  async 'light and dark differ, and have their picture taken'() {
    await publishPortrait();
    const grounds = [];
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await eventually('no price is lit up any more', async () => (await page.locator('[data-flash]').count()) === 0);
      await page.screenshot({ path: path.join(PICTURES, `${colorScheme}.png`), fullPage: true, animations: 'disabled' });
      grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    }
    assert.notEqual(grounds[0], grounds[1]);
    await takeBothPictures(page.context().browser());
  },
  async 'the browser complained about nothing and asked nobody else'() {
    assert.deepEqual(complaints, []);
    assert.deepEqual(foreign, []);
  },
};

let failed;
let browser;
try {
  await stage.start();
  browser = await launch();
  await openPage(browser);
  await isLive();
  failed = await runAll(TESTS, page);
} finally {
  await browser?.close();
  await stage.end();
}
finish(TESTS, failed);
