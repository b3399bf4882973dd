// Runs clients side by side, whatever they are written in, beside a broker, a relay and a database that are at work.
// Usage: node beside_relay.mjs NAME COMMAND [ARGUMENT…] [-- NAME COMMAND…]…
// Each finds the database by FIREBASE_DATABASE_EMULATOR_HOST, and its last line counts its checks; the last line here sums them up.
// Environment: RELAY_BUILD (programs).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './emulator.mjs';
import { Pipeline } from './pipeline.mjs';

const CLIENT_MS = 120_000;
const clients = process.argv.slice(2).join('\n').split('\n--\n').map((line) => line.split('\n'));

const pipeline = new Pipeline();
await pipeline.start();
const broker = pipeline.broker('all', '--tickers', 'AAPL,MSFT,BRK.B', '--rate', '50');
const { emulator } = pipeline;
await eventually(() => 'prices and orders', async () => {
  const [services, orders] = [await emulator.rest('GET', 'services'), await emulator.rest('GET', 'history/AAPL/orders')];
  return services?.['BRK%2EB']?.price && services.AAPL?.price && Object.keys(orders ?? {}).length >= 5;
});
const env = { ...process.env, FIREBASE_DATABASE_EMULATOR_HOST: `127.0.0.1:${emulator.port}`, NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost' };

/** What it printed, and how many of its checks held. One that did not count its checks to the end has failed. */
async function run([name, command, ...flags]) {
  const client = spawn(command, flags, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: CLIENT_MS, killSignal: 'SIGKILL' });
  let said = '';
  let complained = '';
  client.stdout.on('data', (text) => (said += text));
  client.stderr.on('data', (text) => (complained += text));
  const [status] = await once(client, 'close');
  const counts = said.match(/(\d+) passed, (\d+) failed\n$/)?.slice(1).map(Number) ?? [0, 1];
  if (status !== 0 && counts[1] === 0) counts[1] = 1;
  console.log(`-- ${name}\n${said}${counts[1] > 0 ? `${complained}${name} ended with ${status}\n` : ''}`);
  return counts;
}

const results = await Promise.all(clients.map(run));
await broker.end();
await pipeline.end();
const [passed, failed] = [0, 1].map((i) => results.reduce((sum, counts) => sum + counts[i], 0));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
