// A card for each ticker: its price, its state, its orders, its day.

import { DayView } from './day.js';
import { Numbers, Views, arrange, element, show } from './elements.js';
import { at, dateOf, nameOf, textOf, whenText } from './text.js';

// As routes.json has them: the words by which brokers close an order.
const CLOSED = new Set([
  'filled', 'canceled', 'expired', 'rejected', 'replaced', 'done_for_day', 'cancelled', 'closed', 'expired_in_match', 'api_cancelled',
  'inactive', 'failed', 'deactivated', 'partially_filled_canceled', 'mmp_canceled',
]);
const FLASH_MS = 900;

const isClosed = (status) => CLOSED.has(textOf(status).toLowerCase());

/** A ticker as it was published; its key is encoded where the database takes a character in none. */
export const titleOf = (key, node) => (textOf(at(node, 'symbol')).trim() ? textOf(at(node, 'symbol')) : nameOf(key));

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
  return isClosed(status) ? '' : 'warn';
}

/** The orders of a ticker: the open ones in sight, the closed ones behind a line; each keeps its element for good. */
class OrdersView {
  #open = element('ol', 'orders');
  #closed = element('ol', 'orders');
  #summary = element('summary');
  #details = element('details', 'closed', this.#summary, this.#closed);
  #views = new Views(() => new OrderView());
  root = element('div', '', this.#open, this.#details);

  render(orders) {
    const byId = orders instanceof Map ? [...orders] : [];
    const views = this.#views.of(byId.map(([id]) => id));
    const rows = byId.map(([, data], index) => ({
      data,
      view: views[index],
      isClosed: isClosed(at(data, 'order', 'status')),
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

export class TickerView {
  #name = element('h2');
  #status = element('span', 'chip');
  #price = element('p', 'price');
  #when = element('p', 'quiet');
  #performance = new Numbers();
  #orders = new OrdersView();
  #day;
  #before = NaN;
  #flashEnds = 0;

  constructor(key, database) {
    this.key = key;
    this.#day = new DayView(key, database);
    const title = element('div', 'name', this.#name, this.#status);
    const head = element('div', 'row', title, this.#price);
    this.root = element('article', 'card', head, this.#when, this.#performance.root, this.#day.root, this.#orders.root);
    this.root.dataset.ticker = key;
  }

  render(node) {
    const title = titleOf(this.key, node);
    show(this.#name, title);
    this.root.setAttribute('aria-label', title);
    const status = textOf(at(node, 'status'));
    show(this.#status, status, { tone: status === 'running' ? 'up' : '' });
    this.#status.hidden = status === '';
    this.#renderPrice(at(node, 'price'));
    this.#day.render(title, Number(at(node, 'price') ?? NaN), dateOf(at(node, 'timestamp') ?? at(node, 'last_updated')));
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
