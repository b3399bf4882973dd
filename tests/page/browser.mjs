// Headless Chromium as a phone, what it complains about, and tests one after the other.
// Environment: PAGE_MODULES (where playwright-core is), PAGE_PICTURES (where pictures go), CHROMIUM (the program).
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { chromium } = createRequire(path.join(process.env.PAGE_MODULES, 'package.json'))('playwright-core');
export const PICTURES = process.env.PAGE_PICTURES;
export const PHONE = { width: 360, height: 740 };
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

export function launch(flags = []) {
  mkdirSync(PICTURES, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...FLAGS, ...flags] });
}

/** A page of a phone. `complaints` gets what the browser says, but for errors that `isExpected(text)`. */
export async function openPhone(browser, complaints, isExpected, options = {}) {
  const context = await browser.newContext({ viewport: PHONE, deviceScaleFactor: 2, colorScheme: 'light', ...options });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  return page;
}

/** Tells of each test in a line. Returns how many failed. */
export async function runAll(tests, page) {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
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
  return failed;
}

export function finish(tests, failed) {
  console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
