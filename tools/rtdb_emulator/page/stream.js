// The database as its REST API shows it: a tree, and a stream of events that says how it changes.

const ns = new URLSearchParams(location.search).get('ns') ?? 'demo';
const RECONNECT_MS = 3000;
const SILENCE_MAX_MS = 75_000; // the database says `keep-alive` every 30 s
const SILENCE_CHECK_MS = 5000;

/** The database gives objects with keys 0, 1, 2 … back as arrays; here they are what they were. */
function toNode(value) {
  if (value === null || typeof value !== 'object') return value;
  const entries = Array.isArray(value) ? value.map((child, index) => [String(index), child]) : Object.entries(value);
  return new Map(entries.filter(([, child]) => child !== null).map(([key, child]) => [key, toNode(child)]));
}

const piecesOf = (path) => path.split('/').filter((piece) => piece !== '');
const isEmpty = (node) => node === null || (node instanceof Map && node.size === 0);

/** `node` with `value` at `pieces`; what is left empty goes, as in the database. */
function withValue(node, pieces, value) {
  if (pieces.length === 0) return value;
  if (value === null && !(node instanceof Map)) return node; // nothing is there to remove
  const map = node instanceof Map ? node : new Map();
  const child = withValue(map.get(pieces[0]) ?? null, pieces.slice(1), value);
  if (isEmpty(child)) map.delete(pieces[0]);
  else map.set(pieces[0], child);
  return map;
}

/** A copy of one place. Objects are Maps, so that a key like __proto__ is a key like any other. */
export class Tree {
  root = new Map();

  /** Applies an event; returns the first keys it touched, or null for all of them. */
  apply(kind, { path, data }) {
    const changes = kind === 'patch'
      ? Object.entries(data).map(([key, value]) => [[...piecesOf(path), ...piecesOf(key)], value])
      : [[piecesOf(path), data]];
    for (const [pieces, value] of changes) this.root = withValue(this.root, pieces, toNode(value));
    if (!(this.root instanceof Map)) this.root = new Map();
    return changes.some(([pieces]) => pieces.length === 0) ? null : new Set(changes.map(([pieces]) => pieces[0]));
  }
}

/** One place of the database, listened to for as long as the page is open. */
export class Stream {
  isLive = false;
  isRefused = false;
  #heardAt = 0;

  /** `onState()` when isLive or isRefused may have changed, `onChange(kind, event)` for each put and patch. */
  constructor(place, onState, onChange) {
    this.place = place;
    this.onState = onState;
    this.onChange = onChange;
    // Also what a phone needs that was asleep: its connection is gone, and nobody tells it.
    setInterval(() => {
      if (Date.now() - this.#heardAt > SILENCE_MAX_MS) this.open();
    }, SILENCE_CHECK_MS);
  }

  open() {
    this.source?.close();
    this.#heardAt = Date.now();
    this.#setLive(false);
    const source = (this.source = new EventSource(`/${this.place}.json?ns=${encodeURIComponent(ns)}`));
    for (const kind of ['put', 'patch']) {
      source.addEventListener(kind, (event) => {
        this.isRefused = false;
        this.#heardAt = Date.now();
        this.#setLive(true);
        this.onChange(kind, JSON.parse(event.data));
      });
    }
    source.addEventListener('keep-alive', () => (this.#heardAt = Date.now()));
    for (const kind of ['cancel', 'auth_revoked']) {
      source.addEventListener(kind, () => {
        this.isRefused = true;
        this.#setLive(false);
      });
    }
    source.addEventListener('error', () => {
      this.#setLive(false);
      // A lost connection comes back by itself; only an answer that is none ends it for good.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.source === source && this.open(), RECONNECT_MS);
    });
  }

  #setLive(isLive) {
    this.isLive = isLive;
    this.onState();
  }
}
