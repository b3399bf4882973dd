// rtdb-emulator as a process of its own, and what all tests of clients need beside it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 30_000;
const TEST_MS = 120_000;

/** Until `question` is answered with something, or an error that says what was waited for. */
export async function eventually(what, question) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what()}`);
    await pause(20);
  }
}

/** At the same port after each start. */
export class Emulator {
  port = 0;
  async start(...flags) {
    const program = path.join(process.env.RELAY_BUILD, 'tools/rtdb_emulator/rtdb-emulator');
    this.process = spawn(program, ['--listen', `127.0.0.1:${this.port}`, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = once(this.process, 'exit');
    let said = '';
    this.process.stdout.on('data', (text) => (said += text));
    await eventually(() => `the emulator listens: ${said}`, () => /:(\d+)\n/.test(said));
    this.port = Number(said.match(/:(\d+)\n/)[1]);
  }
  async end(signal = 'SIGTERM') {
    this.process.kill(signal);
    await this.ended;
  }
  async rest(method, place, value) {
    const answer = await fetch(`http://127.0.0.1:${this.port}/${place}.json?ns=demo`, { method, body: JSON.stringify(value), headers: { Authorization: 'Bearer owner' } });
    assert.equal(answer.status, 200, `${method} ${place}`);
    return answer.json();
  }
}

/** Runs the tests, then `end`, and ends the process: the last line counts them. */
export async function report(tests, end) {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    const begin = Date.now();
    try {
      await Promise.race([test(), pause(TEST_MS).then(() => Promise.reject(new Error(`not ended within ${TEST_MS} ms`)))]);
      console.log(`ok      ${name} (${Date.now() - begin} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
  await end();
  console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
