// The page of rtdb-emulator in headless Chromium, fed by the whole pipeline: redis-cli publish → relay → database → page.
// Environment: RELAY_BUILD (programs), PAGE_MODULES (where playwright-core is), PAGE_PICTURES (where pictures go).
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Stage, eventually, order, performance, price, registration } from './stage.mjs';

const { chromium } = createRequire(path.join(process.env.PAGE_MODULES, 'package.json'))('playwright-core');
const PICTURES = process.env.PAGE_PICTURES;
const PHONE = { width: 360, height: 740 };
const MARKUP = '<img src=x onerror=alert(1)>';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

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
  const context = await browser.newContext({ viewport: PHONE, deviceScaleFactor: 2, colorScheme: 'light' });
  page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' && !(emulatorIsDown && message.text().includes('net::ERR_'))) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
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
    await shows('a line for the closed ones', card('AAPL').locator('summary'), '1 closed');
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
  async 'a relay that says nothing any more is noticed, and its return too'() {
    assert.equal(await page.locator('#notice').isVisible(), false);
    stage.relay.process.kill('SIGSTOP');
    await shows('silence', page.locator('#notice'), 'No word from the PC since');
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

let failed = 0;
let browser;
try {
  mkdirSync(PICTURES, { recursive: true });
  await stage.start();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  await openPage(browser);
  await isLive();
  for (const [name, test] of Object.entries(TESTS)) {
    const begin = Date.now();
    try {
      await test();
      console.log(`ok      ${name} (${Date.now() - begin} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error.stack}`);
      await page.screenshot({ path: path.join(PICTURES, 'failed.png') });
    }
  }
} finally {
  await browser?.close();
  await stage.end();
}
console.log(`${Object.keys(TESTS).length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
