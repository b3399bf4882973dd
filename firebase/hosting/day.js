// A ticker's day as a line: some of its prices from `history`, by queries that are bounded, and those that come while it is open.

import { element, show } from './elements.js';
import { at, textOf } from './text.js';
import { toNode } from './tree.js';

const NEWEST = 250; // prices that are asked for first, and all of a quiet day
const SLICES = 48; // of a busy day's rest, a price for each
const POINTS_LIVE_MAX = 500; // across the line; what comes closer replaces the last one
const WIDTH = 300;
const HEIGHT = 90;
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

/** A history key begins with its time in ms, eight digits of 64 that sort by it. */
export const timeOf = (key) => [...key.slice(0, 8)].reduce((time, digit) => time * 64 + DIGITS.indexOf(digit), 0);
export function keyAt(ms) {
  let key = '';
  for (let rest = Math.floor(ms), i = 0; i < 8; ++i, rest = Math.floor(rest / 64)) key = DIGITS[rest % 64] + key;
  return key;
}
export const dayOf = (date) => date.toISOString().slice(0, 10);

/** Some of a day's prices in the order of time, `[{time, price}]`, and how many bytes they took. `NEWEST + 1 + SLICES` at most. */
export async function pricesOf(database, ticker, day) {
  const found = new Map();
  let bytes = 0;
  const ask = async (query) => {
    const text = await database.read(['history', ticker, 'prices', day], { orderBy: '"$key"', ...query });
    bytes += new TextEncoder().encode(text).length;
    const entries = toNode(JSON.parse(text));
    const keys = entries instanceof Map ? [...entries.keys()] : [];
    for (const key of keys) found.set(key, { time: timeOf(key), price: Number(at(entries.get(key), 'price') ?? NaN) });
    return keys.sort();
  };
  const newest = await ask({ limitToLast: NEWEST });
  if (newest.length === NEWEST) {
    const [first] = await ask({ limitToFirst: 1 });
    const [from, to] = [timeOf(first), timeOf(newest[0])];
    const starts = Array.from({ length: SLICES }, (_, slice) => from + ((to - from) * slice) / SLICES);
    await Promise.all(starts.map((start) => ask({ startAt: `"${keyAt(start)}"`, limitToFirst: 1 })));
  }
  const prices = [...found.values()].filter(({ price }) => Number.isFinite(price)).sort((a, b) => a.time - b.time);
  return { prices, bytes, isWhole: newest.length < NEWEST };
}

const clock = (ms) => new Date(ms).toISOString().slice(11, 16);
const sizeText = (bytes) => (bytes < 1000 ? `${bytes} B` : `${Math.round(bytes / 1000)} kB`);

function drawn(tag, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export class DayView {
  #summary = element('summary', '', 'The day as a line');
  #line = drawn('polyline', { 'vector-effect': 'non-scaling-stroke' });
  #picture = drawn('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
  #range = element('p', 'row quiet', element('span'), element('span'));
  #said = element('figcaption', 'quiet');
  #title = '';
  #points = [];
  #day = ''; // what is drawn; nothing: not open
  #newest = null; // the date of the newest price
  #loads = 0;
  #last = NaN;

  constructor(key, database) {
    this.key = key;
    this.database = database;
    this.#picture.append(this.#line);
    this.root = element('details', 'day', this.#summary, element('figure', '', this.#picture, this.#range, this.#said));
    this.root.addEventListener('toggle', () => (this.root.open ? this.#load() : (this.#day = '')));
  }

  /** The newest price; it goes on the line while that is open. */
  render(title, price, date) {
    this.#title = title;
    this.#newest = date;
    if (!this.#day || !date || dayOf(date) !== this.#day || !Number.isFinite(price) || price === this.#last) return;
    const time = date.getTime();
    if (time < this.#points.at(-1)?.time) return; // of a publisher whose clock is behind
    this.#last = price;
    if (this.#points.length > 1 && time - this.#points.at(-2).time < (time - this.#points[0].time) / POINTS_LIVE_MAX) this.#points.pop();
    this.#points.push({ time, price });
    this.#draw();
  }

  async #load() {
    const load = ++this.#loads;
    const day = dayOf(this.#newest ?? new Date());
    show(this.#said, 'loading');
    try {
      const { prices, bytes, isWhole } = await pricesOf(this.database, this.key, day);
      if (load !== this.#loads || !this.root.open) return;
      [this.#points, this.#day, this.#last] = [prices, day, prices.at(-1)?.price];
      const count = prices.length === 1 ? '1 price' : `${prices.length} prices`;
      show(this.#said, `${day} (UTC): ${isWhole ? count : `${count} out of all`}, ${sizeText(bytes)} downloaded`);
      this.#draw();
      this.#picture.setAttribute('aria-label', this.#inWords());
    } catch (error) {
      if (load === this.#loads) show(this.#said, `The day ${day} cannot be read: ${error.message}.`);
    }
  }

  #inWords() {
    if (this.#points.length === 0) return `No prices of ${this.#title}`;
    const prices = this.#points.map(({ price }) => price);
    return `${this.#title}: from ${prices[0]} to ${prices.at(-1)}, lowest ${Math.min(...prices)}, highest ${Math.max(...prices)}`;
  }

  #draw() {
    const points = this.#points;
    this.#picture.toggleAttribute('hidden', points.length === 0);
    this.#range.hidden = points.length === 0;
    if (points.length === 0) return;
    const prices = points.map(({ price }) => price);
    const [low, high] = [Math.min(...prices), Math.max(...prices)];
    const [from, to] = [points[0].time, points.at(-1).time];
    const x = (time) => (to === from ? WIDTH / 2 : ((time - from) / (to - from)) * WIDTH);
    const y = (price) => (high === low ? HEIGHT / 2 : HEIGHT - 4 - ((price - low) / (high - low)) * (HEIGHT - 8));
    const corners = points.map(({ time, price }) => `${x(time).toFixed(1)},${y(price).toFixed(1)}`);
    // A single price is a level line.
    this.#line.setAttribute('points', corners.length === 1 ? `0,${HEIGHT / 2} ${WIDTH},${HEIGHT / 2}` : corners.join(' '));
    this.#line.setAttribute('class', prices.at(-1) < prices[0] ? 'down' : 'up');
    show(this.#range.firstElementChild, `${clock(from)} – ${clock(to)}`);
    show(this.#range.lastElementChild, `low ${textOf(low)} · high ${textOf(high)}`);
  }
}
