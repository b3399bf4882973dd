// What stands between a broker and a phone, as processes that are killed by their ids and come back: redis-server, the relay, rtdb-emulator.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../page/stage.mjs';
import { Emulator, eventually } from './emulator.mjs';

const run = promisify(execFile);

export class Pipeline {
  #dir = mkdtempSync(path.join(tmpdir(), 'clients-test-'));
  socket = path.join(this.#dir, 'redis.sock');
  #children = [];
  #marks = 0;
  #emulatorFlags = [];
  emulator = new Emulator();

  #program = (name) => path.join(process.env.RELAY_BUILD, name);
  /** A process that ends with the pipeline. */
  child(command, flags) {
    const child = new Child(command, flags);
    this.#children.push(child);
    return child;
  }

  /** `emulatorFlags`: of rtdb-emulator, at every start. */
  async start(...emulatorFlags) {
    this.#emulatorFlags = emulatorFlags;
    await this.startRedis();
    await this.startEmulator();
    await this.startRelay();
  }
  async startRedis() {
    this.redis = this.child('redis-server', ['--port', '0', '--unixsocket', this.socket, '--save', '', '--appendonly', 'no', '--dir', this.#dir]);
    await this.redis.says('eady to accept connections');
  }
  /** At the port it had before, with what it had saved. */
  async startEmulator() {
    await this.emulator.start('--persist', path.join(this.#dir, 'tree.json'), ...this.#emulatorFlags);
  }
  /** `name`: a relay started again under its name finds its outbox; two names are two relays. */
  async startRelay(name = 'home', databaseUrl = `http://127.0.0.1:${this.emulator.port}/?ns=demo`, ...flags) {
    this.relay = this.child(this.#program('src/firebase-relay'), ['run', '--redis-url', this.redisUrl(), '--database-url', databaseUrl,
      '--http-listen', '127.0.0.1:0', '--instance', name, '--heartbeat-seconds', '1', '--log-messages=off', '--outbox', path.join(this.#dir, `${name}.db`), ...flags]);
    await this.relay.says('redis: [a-z ]+ at ');
    return this.relay;
  }
  /** `credentials`: `user:password`. */
  redisUrl(credentials = '') {
    return `unix://${credentials && `${credentials}@`}${this.socket}`;
  }
  /** What redis-cli prints. */
  async redisCli(...words) {
    return (await run('redis-cli', ['-e', '-s', this.socket, ...words])).stdout;
  }

  /** broker-sim, at work until `child.ended`; it writes `ledger`. */
  broker(ledger, ...flags) {
    return this.child(this.#program('tools/broker_sim/broker-sim'), ['--redis-url', this.redisUrl(), '--ledger', path.join(this.#dir, ledger), ...flags]);
  }
  /** Until the tree is what the broker's ledger says, by a judge that shares nothing with the relay. */
  async isJudged(ledger) {
    let said = '';
    const judge = () => run(this.#program('tools/broker_sim/ledger-check'), ['--ledger', path.join(this.#dir, ledger), '--database-url', `http://127.0.0.1:${this.emulator.port}`, '--ns', 'demo'])
      .then(() => true, (error) => void (said = error.stdout + error.stderr));
    await eventually(() => said, judge);
  }
  async publish(channel, message) {
    await this.redisCli('publish', channel, JSON.stringify(message));
  }
  /** A price that was never there before: whoever shows it has all that was published in front of it. */
  async publishMark() {
    const price = `${++this.#marks}.25`;
    await this.publish('TICKER_UPDATES_MARK', { type: 'price', symbol: 'MARK', price, volume: 1, timestamp: new Date().toISOString() });
    return price;
  }

  /** Whatever still runs is killed, the newest first. */
  async end() {
    for (const child of this.#children.reverse()) {
      if (child.process.exitCode === null && child.process.signalCode === null) await child.end('SIGKILL');
    }
    await this.emulator.end('SIGKILL');
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
