// One place of the database, listened to for as long as the page is open.

import { Refused } from './database.js';

const RECONNECT_MS = 3000;
const REFUSED_RETRY_MS = 30_000; // whoever is let in sees it within so long
const RENEW_MS = 55 * 60_000; // a token holds an hour, by the server's clock: this one's may be wrong
const SILENCE_MAX_MS = 75_000; // the database says `keep-alive` every 30 s
const SILENCE_CHECK_MS = 5000;

export class Stream {
  /** 'connecting', 'live' or 'refused'. */
  state = 'connecting';
  #sources = new Set(); // what is listened to: two for a moment, while a new one takes over
  #attempt = 0; // what an attempt before the last one finds out counts no more
  #heardAt = 0;
  #timers = new Set();
  #silenceCheck;

  /** `onState()` when the state may have changed, `onChange(kind, event)` for each put and patch. */
  constructor(database, place, onState, onChange) {
    this.database = database;
    this.place = place;
    this.onState = onState;
    this.onChange = onChange;
    // Also what a phone needs that was asleep: its connection is gone, and nobody tells it.
    this.#silenceCheck = setInterval(() => {
      if (this.state === 'refused' || Date.now() - this.#heardAt <= SILENCE_MAX_MS) return;
      this.#close(() => true);
      this.#become('connecting');
      this.#open();
    }, SILENCE_CHECK_MS);
    this.#open();
  }

  /** For good. */
  close() {
    this.#attempt += 1;
    clearInterval(this.#silenceCheck);
    this.#forgetTimers();
    this.#close(() => true);
  }

  /** A new stream. The one before goes on until the new one speaks, so a renewal is not seen. */
  async #open(isFresh = false) {
    const attempt = ++this.#attempt;
    this.#heardAt = Date.now();
    this.#forgetTimers();
    let url;
    try {
      url = await this.database.url([this.place], {}, isFresh);
    } catch {
      return this.#later(attempt, RECONNECT_MS, () => this.#open(isFresh)); // no token to be had: no network, mostly
    }
    if (attempt !== this.#attempt) return;
    const source = new EventSource(url);
    this.#sources.add(source);
    this.#listen(source, attempt);
    if (this.database.tokenOf) this.#later(attempt, RENEW_MS, () => this.#open(true));
  }

  #listen(source, attempt) {
    for (const kind of ['put', 'patch']) {
      source.addEventListener(kind, (event) => {
        if (attempt === this.#attempt) this.#close((other) => other !== source);
        this.#heardAt = Date.now();
        this.#become('live');
        this.onChange(kind, JSON.parse(event.data));
      });
    }
    source.addEventListener('keep-alive', () => (this.#heardAt = Date.now()));
    source.addEventListener('cancel', () => {
      this.#close((other) => other === source);
      this.#doubt(attempt);
    });
    source.addEventListener('auth_revoked', () => {
      this.#close((other) => other === source);
      this.#later(attempt, this.state === 'live' ? 0 : RECONNECT_MS, () => this.#open(true));
    });
    source.addEventListener('error', () => {
      const isNoStream = source.readyState === EventSource.CLOSED; // an answer, but of another kind
      this.#close((other) => other === source); // it would come back by itself, but with the token that it had
      if (isNoStream) this.#doubt(attempt);
      else this.#comeBack(attempt);
    });
  }

  /** Asks what an EventSource does not say: whether the rules refuse us, or something else went wrong. */
  async #doubt(attempt) {
    if (attempt !== this.#attempt) return;
    this.#forgetTimers();
    const wasRefused = this.state === 'refused';
    try {
      await this.database.read([this.place], { shallow: 'true' }, !wasRefused);
      this.#comeBack(attempt);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (!(error instanceof Refused)) return this.#comeBack(attempt);
      this.#become('refused');
      this.#later(attempt, REFUSED_RETRY_MS, () => this.#doubt(attempt));
    }
  }

  #comeBack(attempt) {
    if (this.#sources.size === 0) this.#become('connecting');
    this.#later(attempt, RECONNECT_MS, () => this.#open());
  }

  #close(isWanted) {
    for (const source of this.#sources) {
      if (!isWanted(source)) continue;
      source.close();
      this.#sources.delete(source);
    }
  }

  #later(attempt, ms, action) {
    if (attempt !== this.#attempt) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  #forgetTimers() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState();
  }
}
