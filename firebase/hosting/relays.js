// The relay itself: whether it is there, and what it could not hear.

import { Views, arrange, element, show } from './elements.js';
import { at, dateOf, durationText, nameOf, textOf, timeText, whenText } from './text.js';

const HEARTBEATS_MISSED = 2.5;
const HEARTBEAT_SECONDS = 15; // unless the relay says otherwise
const GAPS_SHOWN = 5;

export function isLate(node) {
  const heard = dateOf(at(node, 'heartbeat_at'));
  const every = Number(at(node, 'heartbeat_seconds')) || HEARTBEAT_SECONDS;
  return heard !== null && at(node, 'state') !== 'stopped' && Date.now() - heard > HEARTBEATS_MISSED * every * 1000;
}

/** What a person must know before believing the rest: nothing while one relay is well. */
export function noticeOf(nodes) {
  const known = nodes.filter((node) => dateOf(at(node, 'heartbeat_at')) !== null);
  const isStopped = (node) => at(node, 'state') === 'stopped';
  if (known.length === 0 || known.some((node) => !isLate(node) && !isStopped(node))) return null;
  const last = known.reduce((a, b) => (dateOf(at(a, 'heartbeat_at')) < dateOf(at(b, 'heartbeat_at')) ? b : a));
  const since = dateOf(at(last, 'heartbeat_at'));
  return { since, text: isStopped(last) ? `The relay was stopped at ${timeText(since)}.` : `The relay is silent since ${timeText(since)}.` };
}

export class RelayView {
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
