// The real parts behind the page: redis-server, rtdb-emulator and firebase-relay as processes, ended by their ids.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const POLL_MS = 25;

/** Until `question` is answered with something, or an error that says what was waited for. Returns the answer. */
export async function eventually(what, question, timeoutMs = 20_000) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await pause(POLL_MS);
  }
}

/** A process whose words are kept, for `says`. */
export class Child {
  said = '';
  constructor(command, flags, options = {}) {
    this.name = path.basename(command);
    this.process = spawn(command, flags, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => (this.said += text));
    this.ended = once(this.process, 'exit');
  }
  /** The text behind `marker`, once it was said. */
  async says(marker, timeoutMs = undefined) {
    const line = new RegExp(`${marker}(\\S*)`);
    try {
      return (await eventually(`'${marker}'`, () => this.said.match(line), timeoutMs))[1];
    } catch {
      throw new Error(`${this.name} never said '${marker}':\n${this.said}`);
    }
  }
  async end(signal = 'SIGTERM') {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill(signal);
    await this.ended;
  }
}

export class Stage {
  #dir = mkdtempSync(path.join(tmpdir(), 'page-test-'));
  #socket = path.join(this.#dir, 'redis.sock');

  /** `ns`: the database that the relay writes; `emulatorFlags`: besides those that all need. */
  constructor(build, { ns = 'demo', emulatorFlags = [] } = {}) {
    this.build = build;
    this.ns = ns;
    this.emulatorFlags = emulatorFlags;
  }

  async start() {
    await this.startRedis();
    await this.startEmulator();
    const flags = ['run', '--redis-url', `unix://${this.#socket}`, '--database-url', `${this.url}/?ns=${this.ns}`, '--http-listen', '127.0.0.1:0'];
    this.relay = new Child(path.join(this.build, 'src/firebase-relay'), [...flags, '--instance', 'home', '--heartbeat-seconds', '1', '--log-messages=off',
      '--outbox', path.join(this.#dir, 'outbox.db')]);
    await this.relay.says('subscribed at ');
  }

  async startRedis() {
    const flags = ['--port', '0', '--unixsocket', this.#socket, '--save', '', '--appendonly', 'no', '--dir', this.#dir];
    this.redis = new Child('redis-server', flags);
    await this.redis.says('eady to accept connections');
  }

  /** At the port it had before. With `tree`: what was saved there is there again. */
  async startEmulator(tree = 'tree.json') {
    const listen = this.url ? this.url.replace('http://', '') : '127.0.0.1:0';
    const flags = ['--listen', listen, '--persist', path.join(this.#dir, tree), ...this.emulatorFlags];
    this.emulator = new Child(path.join(this.build, 'tools/rtdb_emulator/rtdb-emulator'), flags);
    this.url = await this.emulator.says('listening on ');
  }

  async publish(channel, message) {
    await run('redis-cli', ['-s', this.#socket, 'publish', channel, JSON.stringify(message)]);
  }

  /** Writes the database as its owner; null removes. */
  async write(place, value) {
    const answer = await fetch(`${this.url}/${place}.json?ns=${this.ns}`, { method: 'PUT', body: JSON.stringify(value), headers: { Authorization: 'Bearer owner' } });
    if (!answer.ok) throw new Error(`PUT ${place}: ${answer.status} ${await answer.text()}`);
  }

  async end() {
    for (const child of [this.relay, this.emulator, this.redis]) await child?.end('SIGKILL');
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

const now = () => new Date().toISOString();

export const price = (symbol, value, volume = 1200) => ({ type: 'price', timestamp: now(), price: value, volume, symbol });
export const registration = (ticker, action = 'subscribe') => ({ action, ticker });
export const performance = (symbol, realized, unrealized) => ({
  symbol, total: (realized + unrealized).toFixed(2), unrealized: unrealized.toFixed(2), realized: realized.toFixed(2),
  converted: realized / 1.08, timestamp: now(),
});
/** `minutesAgo`: when it was created; the newest stands on top. */
export function order(symbol, id, status, { side = 'buy', qty = '10', filled = '0', limit = '187.20', minutesAgo = 0 } = {}) {
  const created = new Date(Date.now() - minutesAgo * 60_000).toISOString();
  const details = { id, symbol, status, side, qty, filled_qty: filled, limit_price: limit, filled_avg_price: filled === '0' ? null : limit, created_at: created };
  return { type: 'order', timestamp: now(), order_data: { event: status, execution_id: `exe-${id}`, order: details, timestamp: now(), qty, price: null } };
}
