// The board, fed by event streams for as long as somebody may read.

import { Board } from './board.js';
import { show } from './elements.js';
import { Stream } from './stream.js';

const WORDS = { live: 'live', connecting: 'connecting', refused: 'the database refuses', 'signed out': 'signed out' };

/** What the page's head says: one of WORDS. */
export function showState(state) {
  show(document.getElementById('connection'), WORDS[state], { state });
}

/** Between `start()` and `stop()` the board has what the database has. */
export class Listening {
  #streams = [];

  /** `onRefused(isRefused)`: whether the rules let us read. */
  constructor(database, onRefused) {
    this.database = database;
    this.onRefused = onRefused;
    this.board = new Board(database);
  }

  start() {
    const { board, database } = this;
    const onState = () => this.#renderState();
    this.#streams = [
      new Stream(database, 'services', onState, (kind, event) => board.schedule(board.services.apply(kind, event))),
      new Stream(database, 'relay', onState, (kind, event) => {
        board.relay.apply(kind, event);
        board.schedule(new Set());
      }),
    ];
    this.#renderState();
  }

  stop() {
    for (const stream of this.#streams) stream.close();
    this.#streams = [];
    this.board.isComplete = false;
    this.board.clear();
  }

  #renderState() {
    const states = this.#streams.map((stream) => stream.state);
    const isRefused = states.includes('refused');
    this.board.isComplete = states.every((state) => state === 'live');
    if (isRefused) this.board.clear();
    showState(isRefused ? 'refused' : this.board.isComplete ? 'live' : 'connecting');
    this.onRefused(isRefused);
    this.board.schedule(new Set());
  }
}
