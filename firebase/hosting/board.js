// What the page shows of the database: the tickers, all together, and the relay itself.

import { Numbers, Views, arrange, element, show } from './elements.js';
import { RelayView, noticeOf } from './relays.js';
import { at, durationText, moneyText, nameOf, signOf, whenText } from './text.js';
import { TickerView, titleOf } from './tickers.js';
import { Tree } from './tree.js';

const $ = (id) => document.getElementById(id);
const isAggregate = (key, node) => nameOf(key).toLowerCase() === 'aggregate' && at(node, 'performance') !== undefined;

class AggregateView {
  #total = element('p', 'total');
  #when = element('p', 'quiet');
  #numbers = new Numbers();

  constructor() {
    $('aggregate').replaceChildren(element('div', 'row', element('h2', 'small', 'All together'), this.#when), this.#total, this.#numbers.root);
  }

  render(node) {
    $('aggregate').hidden = node === undefined;
    if (node === undefined) return;
    show(this.#total, moneyText(at(node, 'performance', 'total')), { sign: signOf(at(node, 'performance', 'total')) });
    this.#numbers.render([
      ['unrealized', at(node, 'performance', 'unrealized')],
      ['realized', at(node, 'performance', 'realized')],
      ['converted', at(node, 'performance', 'converted')],
    ]);
    show(this.#when, whenText(at(node, 'performance', 'timestamp')));
  }
}

export class Board {
  services = new Tree();
  relay = new Tree();
  /** Whether all has come that stands in the database, so that nothing means nothing. */
  isComplete = false;
  #aggregate = new AggregateView();
  #tickers;
  #relays = new Views((key) => new RelayView(key));
  #dirty = new Set(); // keys of tickers; null: all
  #isScheduled = false;

  /** `database` is asked for a ticker's day when somebody opens it. */
  constructor(database) {
    this.#tickers = new Views((key) => new TickerView(key, database));
    setInterval(() => this.#renderRelays(), 1000); // silence grows without an event
  }

  clear() {
    this.services = new Tree();
    this.relay = new Tree();
    this.schedule(null);
  }

  /** Draws once a frame, however many events come. `changed`: keys of the tickers to look at; null: all. */
  schedule(changed) {
    if (changed === null) this.#dirty = null;
    for (const key of changed ?? []) this.#dirty?.add(key);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      const dirty = this.#dirty;
      this.#dirty = new Set();
      this.#renderServices(dirty);
      this.#renderRelays();
    });
  }

  #renderServices(changed) {
    const entries = [...this.services.root].sort(
      ([a, nodeA], [b, nodeB]) => titleOf(a, nodeA).localeCompare(titleOf(b, nodeB)) || (a < b ? -1 : 1),
    );
    this.#aggregate.render(entries.find(([key, node]) => isAggregate(key, node))?.[1]);
    const shown = entries.filter(([key, node]) => node instanceof Map && !isAggregate(key, node));
    const views = this.#tickers.of(shown.map(([key]) => key));
    views.forEach((view, index) => {
      if (changed === null || changed.has(shown[index][0])) view.render(shown[index][1]);
    });
    arrange($('tickers'), views.map((view) => view.root));
    $('tickers').hidden = views.length === 0;
    $('empty').hidden = entries.length > 0 || !this.isComplete;
  }

  #renderRelays() {
    const entries = [...this.relay.root].filter(([, node]) => node instanceof Map).sort(([a], [b]) => (a < b ? -1 : 1));
    const views = this.#relays.of(entries.map(([key]) => key));
    views.forEach((view, index) => view.render(entries[index][1]));
    arrange($('relays'), views.map((view) => view.root));
    $('relays').hidden = views.length === 0;
    const notice = noticeOf(entries.map(([, node]) => node));
    show($('notice'), notice?.text ?? '');
    // Beside what is read out, not in it: it changes every second.
    show($('since'), notice ? `${durationText(Date.now() - notice.since)} ago. What is below may be old.` : '');
    $('alarm').hidden = notice === null;
  }
}
