// Usage: node picture.mjs DATA PNG
// Draws the panels as draw.js places them, in headless Chromium.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { conclude } from './dashboard.mjs';

const [, , data, png] = process.argv;
const read = (file) => readFileSync(new URL(file, import.meta.url), 'utf8');
const html = `<!doctype html><meta charset="utf-8">
<style>${read('node_modules/uplot/dist/uPlot.min.css')}</style><style>${read('draw.css')}</style><body>
<script>${read('node_modules/uplot/dist/uPlot.iife.min.js')}</script><script>${read('draw.js')}</script>`;
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--no-first-run'],
});
const flaws = [];
try {
  const page = await browser.newPage({ viewport: { width: 1920, height: 940 } });
  page.on('pageerror', (error) => flaws.push(String(error)));
  await page.setContent(html);
  await page.evaluate((shown) => draw(shown), JSON.parse(readFileSync(data, 'utf8')));
  await page.screenshot({ path: png, fullPage: true });
} finally {
  await browser.close();
}
conclude(flaws);
