// What any client of the database can do: listen to `services` and `relay` by server-sent events, and show them.
// Whatever comes from the database is shown as text (textContent), never as markup.

import { Stream, Tree } from './stream.js';

const CLOSED = new Set(['filled', 'canceled', 'expired', 'rejected', 'replaced', 'done_for_day']);
const HEARTBEATS_MISSED = 2.5;
const HEARTBEAT_SECONDS = 15; // unless the relay says otherwise
const GAPS_SHOWN = 5;
const FLASH_MS = 900;

// ---- Values as text.

/** What stands at `keys` below `node`. */
function at(node, ...keys) {
  for (const key of keys) node = node instanceof Map ? node.get(key) : undefined;
  return node;
}

/** Keys are percent-encoded where the database takes a character in none (BRK%2EB). */
function nameOf(key) {
  if (key === '%') return '(empty)';
  try {
    const name = decodeURIComponent(key);
    return name.trim() === '' ? JSON.stringify(name) : name; // blanks are a name, too: in quotes they can be seen
  } catch {
    return key;
  }
}

const textOf = (value) => (value === undefined || value === null ? '' : value instanceof Map ? '{…}' : String(value));

/** A time as publishers write it: ISO 8601 with T or a blank, with a zone or in UTC, or seconds since 1970. */
function dateOf(value) {
  if (value === undefined || value === null || value instanceof Map || value === '') return null;
  const valid = (date) => (Number.isNaN(date.getTime()) ? null : date); // what is out of a date's range is none
  if (!Number.isNaN(Number(value))) return valid(new Date(Number(value) * 1000));
  let text = String(value).trim().replace(' ', 'T').replace(/(\.\d{3})\d+/, '$1');
  if (!/(Z|[+-]\d\d:?\d\d)$/i.test(text)) text += 'Z';
  return valid(new Date(text));
}

function timeText(date) {
  const time = date.toLocaleTimeString('en-GB');
  return date.toDateString() === new Date().toDateString()
    ? time
    : `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}
const whenText = (value) => (dateOf(value) ? timeText(dateOf(value)) : textOf(value));

function durationText(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const MONEY = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'exceptZero' });
const moneyText = (value) => (Number.isFinite(Number(value)) ? MONEY.format(Number(value)).replace('-', '−') : textOf(value));
const signOf = (value) => (Number(value) > 0 ? 'plus' : Number(value) < 0 ? 'minus' : '');

// ---- Elements.

function element(tag, className = '', ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function show(target, text, data = {}) {
  if (target.textContent !== text) target.textContent = text;
  for (const [name, value] of Object.entries(data)) {
    if (value) target.dataset[name] = value;
    else delete target.dataset[name];
  }
}

/** Makes `wanted` the children of `parent`, and leaves those that already stand right where they are. */
function arrange(parent, wanted) {
  wanted.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
}

/** Views by key: made when their key comes, forgotten when it goes. */
class Views {
  #views = new Map();
  constructor(make) {
    this.make = make;
  }
  of(keys) {
    const wanted = new Set(keys);
    for (const key of this.#views.keys()) if (!wanted.has(key)) this.#views.delete(key);
    return keys.map((key) => {
      if (!this.#views.has(key)) this.#views.set(key, this.make(key));
      return this.#views.get(key);
    });
  }
}

/** Labelled amounts of money in one line. */
class Numbers {
  root = element('dl', 'numbers');
  #values = new Map();
  render(rows) {
    const shown = rows.filter(([, value]) => value !== undefined);
    this.root.hidden = shown.length === 0;
    arrange(this.root, shown.map(([label, value]) => {
      if (!this.#values.has(label)) this.#values.set(label, element('div', '', element('dt', '', label), element('dd')));
      const entry = this.#values.get(label);
      show(entry.lastElementChild, moneyText(value), { sign: signOf(value) });
      return entry;
    }));
  }
}

class OrderView {
  #side = element('span', 'side');
  #what = element('span', 'what');
  #status = element('span', 'chip');
  #when = element('span', 'when quiet');
  root = element('li', '', this.#side, this.#what, this.#status, this.#when);

  render(data) {
    const order = at(data, 'order');
    const status = textOf(at(order, 'status') ?? at(data, 'event'));
    const side = textOf(at(order, 'side'));
    const filled = textOf(at(order, 'filled_qty'));
    const quantity = textOf(at(order, 'qty') ?? at(data, 'qty'));
    const price = textOf(at(order, 'filled_avg_price') ?? at(order, 'limit_price') ?? at(data, 'price'));
    const progress = filled !== '' && filled !== '0' && filled !== quantity ? `${filled} of ${quantity}` : quantity;
    show(this.#side, side || '–', { side });
    show(this.#what, price ? `${progress} at ${price}` : progress);
    show(this.#status, status.replaceAll('_', ' ') || '?', { tone: toneOf(status) });
    show(this.#when, whenText(at(data, 'timestamp') ?? at(order, 'updated_at')));
    this.root.dataset.status = status;
  }
}

function toneOf(status) {
  if (status === 'filled') return 'up';
  if (status === 'rejected') return 'down';
  return CLOSED.has(status) ? '' : 'warn';
}

/** The orders of a ticker: the open ones in sight, the closed ones behind a line; each keeps its element for good. */
class OrdersView {
  #open = element('ol', 'orders');
  #closed = element('ol', 'orders');
  #summary = element('summary');
  #details = element('details', '', this.#summary, this.#closed);
  #views = new Views(() => new OrderView());
  root = element('div', '', this.#open, this.#details);

  render(orders) {
    const byId = orders instanceof Map ? [...orders] : [];
    const views = this.#views.of(byId.map(([id]) => id));
    const rows = byId.map(([, data], index) => ({
      data,
      view: views[index],
      isClosed: CLOSED.has(at(data, 'order', 'status')),
      since: dateOf(at(data, 'order', 'created_at') ?? at(data, 'timestamp'))?.getTime() ?? 0,
    }));
    rows.sort((a, b) => b.since - a.since);
    for (const { view, data } of rows) view.render(data);
    const open = rows.filter((row) => !row.isClosed);
    const closed = rows.filter((row) => row.isClosed);
    arrange(this.#open, open.map((row) => row.view.root));
    arrange(this.#closed, closed.map((row) => row.view.root));
    this.#open.hidden = open.length === 0;
    this.#details.hidden = closed.length === 0;
    show(this.#summary, `${closed.length} closed`);
  }
}

class TickerView {
  #name;
  #status = element('span', 'chip');
  #price = element('p', 'price');
  #when = element('p', 'quiet');
  #performance = new Numbers();
  #orders = new OrdersView();
  #before = NaN;
  #flashEnds = 0;

  constructor(key) {
    this.#name = element('h2', '', nameOf(key));
    const title = element('div', 'name', this.#name, this.#status);
    const head = element('div', 'row', title, this.#price);
    this.root = element('article', 'card', head, this.#when, this.#performance.root, this.#orders.root);
    this.root.dataset.ticker = key;
  }

  render(node) {
    const status = textOf(at(node, 'status'));
    show(this.#status, status, { tone: status === 'running' ? 'up' : '' });
    this.#status.hidden = status === '';
    this.#renderPrice(at(node, 'price'));
    const parts = [whenText(at(node, 'timestamp') ?? at(node, 'last_updated'))];
    if (at(node, 'volume') !== undefined) parts.push(`volume ${textOf(at(node, 'volume'))}`);
    show(this.#when, parts.filter(Boolean).join(' · '));
    this.#performance.render([
      ['total', at(node, 'performance', 'total')],
      ['unrealized', at(node, 'performance', 'unrealized')],
      ['realized', at(node, 'performance', 'realized')],
      ['last fill', at(node, 'profit', 'realized')],
    ]);
    this.#orders.render(at(node, 'orders'));
  }

  /** The last change stays marked by an arrow, a new one lights up. */
  #renderPrice(price) {
    const text = textOf(price);
    if (text === this.#price.textContent) return;
    const change = Number(price) > this.#before ? 'up' : Number(price) < this.#before ? 'down' : '';
    show(this.#price, text, { change, flash: change });
    this.#before = text === '' ? NaN : Number(price); // nothing is more or less than NaN
    clearTimeout(this.#flashEnds);
    this.#flashEnds = setTimeout(() => delete this.#price.dataset.flash, FLASH_MS);
  }
}

class RelayView {
  #state = element('span', 'chip');
  #facts = element('p', 'quiet');
  #gaps = element('ul', 'gaps');
  #gapsTitle = element('h3');
  #views = new Views(() => ({ root: element('li') }));

  constructor(key) {
    const head = element('div', 'row', element('h2', '', `Relay ${nameOf(key)}`), this.#state);
    this.root = element('section', 'card', head, this.#facts, this.#gapsTitle, this.#gaps);
    this.root.dataset.relay = key;
  }

  render(node) {
    const late = isLate(node);
    const state = late ? 'silent' : textOf(at(node, 'state'));
    show(this.#state, state, { tone: state === 'running' ? 'up' : 'warn' });
    const facts = [];
    if (at(node, 'heartbeat_at')) facts.push(`last word ${whenText(at(node, 'heartbeat_at'))}`);
    if (at(node, 'lag_ms') !== undefined) facts.push(`lag ${textOf(at(node, 'lag_ms'))} ms`);
    if (at(node, 'version')) facts.push(`version ${textOf(at(node, 'version'))}`);
    show(this.#facts, facts.join(' · '));
    const gaps = at(node, 'gaps') instanceof Map ? [...at(node, 'gaps')].sort(([a], [b]) => (a < b ? 1 : -1)) : [];
    const shown = gaps.slice(0, GAPS_SHOWN);
    show(this.#gapsTitle, gaps.length > GAPS_SHOWN ? `${gaps.length} gaps, the newest:` : 'Gaps: what was published then is lost');
    this.#gapsTitle.hidden = this.#gaps.hidden = gaps.length === 0;
    arrange(this.#gaps, this.#views.of(shown.map(([key]) => key)).map((view, index) => {
      show(view.root, gapText(shown[index][1]));
      return view.root;
    }));
  }
}

function gapText(gap) {
  const [from, to] = [dateOf(at(gap, 'from')), dateOf(at(gap, 'to'))];
  const length = from && to && to >= from ? ` (${durationText(to - from)})` : '';
  return `${whenText(at(gap, 'from'))} – ${whenText(at(gap, 'to'))}${length}: ${textOf(at(gap, 'cause'))}`;
}

// ---- The page.

const services = new Tree();
const relay = new Tree();
const tickers = new Views((key) => new TickerView(key));
const relays = new Views((key) => new RelayView(key));
const $ = (id) => document.getElementById(id);
const total = element('p', 'total');
const totalWhen = element('p', 'quiet');
const totalNumbers = new Numbers();
$('aggregate').append(element('div', 'row', element('h3', '', 'All together'), totalWhen), total, totalNumbers.root);

const isAggregate = (key, node) => nameOf(key).toLowerCase() === 'aggregate' && at(node, 'performance') !== undefined;

function isLate(node) {
  const heard = dateOf(at(node, 'heartbeat_at'));
  const every = Number(at(node, 'heartbeat_seconds')) || HEARTBEAT_SECONDS;
  return heard !== null && at(node, 'state') !== 'stopped' && Date.now() - heard > HEARTBEATS_MISSED * every * 1000;
}

function renderAggregate(node) {
  $('aggregate').hidden = node === undefined;
  if (node === undefined) return;
  show(total, moneyText(at(node, 'performance', 'total')), { sign: signOf(at(node, 'performance', 'total')) });
  totalNumbers.render([
    ['unrealized', at(node, 'performance', 'unrealized')],
    ['realized', at(node, 'performance', 'realized')],
    ['converted', at(node, 'performance', 'converted')],
  ]);
  show(totalWhen, whenText(at(node, 'performance', 'timestamp')));
}

/** `changed`: keys of the tickers to look at; null: all. */
function renderServices(changed) {
  const entries = [...services.root].sort(([a], [b]) => nameOf(a).localeCompare(nameOf(b)) || (a < b ? -1 : 1));
  renderAggregate(entries.find(([key, node]) => isAggregate(key, node))?.[1]);
  const shown = entries.filter(([key, node]) => node instanceof Map && !isAggregate(key, node));
  const views = tickers.of(shown.map(([key]) => key));
  views.forEach((view, index) => {
    if (changed === null || changed.has(shown[index][0])) view.render(shown[index][1]);
  });
  arrange($('tickers'), views.map((view) => view.root));
  $('empty').hidden = entries.length > 0 || !streams.every((stream) => stream.isLive);
}

/** All of it, and again each second, since silence grows without an event. */
function renderRelays() {
  const entries = [...relay.root].filter(([, node]) => node instanceof Map).sort(([a], [b]) => (a < b ? -1 : 1));
  const views = relays.of(entries.map(([key]) => key));
  views.forEach((view, index) => view.render(entries[index][1]));
  arrange($('relays'), views.map((view) => view.root));
  const notice = noticeOf(entries.map(([, node]) => node));
  show($('notice'), notice);
  $('notice').hidden = notice === '';
}

/** What a person must know before believing the rest: nothing while one relay is well. */
function noticeOf(nodes) {
  const known = nodes.filter((node) => dateOf(at(node, 'heartbeat_at')) !== null);
  const isStopped = (node) => at(node, 'state') === 'stopped';
  if (known.length === 0 || known.some((node) => !isLate(node) && !isStopped(node))) return '';
  const last = known.reduce((a, b) => (dateOf(at(a, 'heartbeat_at')) < dateOf(at(b, 'heartbeat_at')) ? b : a));
  const since = dateOf(at(last, 'heartbeat_at'));
  const ago = durationText(Date.now() - since);
  if (isStopped(last)) return `The relay was stopped at ${timeText(since)}, ${ago} ago.`;
  return `No word from the PC since ${timeText(since)}, ${ago} ago. What is below may be old.`;
}

let dirty = new Set(); // keys of tickers; null: all
let isScheduled = false;

/** Draws once a frame, however many events come. */
function schedule(changed) {
  if (changed === null) dirty = null;
  for (const key of changed ?? []) dirty?.add(key);
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    renderServices(dirty);
    renderRelays();
    dirty = new Set();
  });
}

const streams = [
  new Stream('services', renderConnection, (kind, event) => schedule(services.apply(kind, event))),
  new Stream('relay', renderConnection, (kind, event) => {
    relay.apply(kind, event);
    schedule(new Set());
  }),
];
for (const stream of streams) stream.open();

function renderConnection() {
  const isRefused = streams.some((stream) => stream.isRefused);
  const state = streams.every((stream) => stream.isLive) ? 'live' : isRefused ? 'refused' : 'connecting';
  show($('connection'), isRefused ? 'the database refuses' : state, { state });
}
setInterval(renderRelays, 1000);
