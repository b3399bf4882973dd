// The page docs/streams.md, tried: its publishers, as they stand there, bring a price through a stream and a relay into the tree; its commands give
// a relay the rights that it needs, and move one from pub/sub without a hole.
// Usage: node streams_test.mjs NAME COMMAND [ARGUMENT…] [-- NAME COMMAND…]…
// Environment: RELAY_BUILD (programs).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { price } from '../page/stage.mjs';
import { eventually, report } from './emulator.mjs';
import { Pipeline } from './pipeline.mjs';

const run = promisify(execFile);
const page = readFileSync(new URL('../../docs/streams.md', import.meta.url), 'utf8');
const publishers = process.argv.slice(2).join('\n').split('\n--\n').map((line) => line.split('\n'));
const CHANNEL = 'TICKER_UPDATES_AAPL';

/** The words of the command of redis-cli that begins so on the page, as a shell takes them. */
function command(begin) {
  const line = page.split('\n').find((text) => text.trim().startsWith(`redis-cli ${begin}`));
  assert.ok(line, `docs/streams.md has no 'redis-cli ${begin}'`);
  return line.trim().split(' ').slice(1).map((word) => word.replace(/^'(.*)'$/, '$1'));
}

const pipeline = new Pipeline();
const { emulator } = pipeline;
const prices = async () => {
  const days = Object.values((await emulator.rest('GET', 'history/AAPL/prices')) ?? {});
  return days.flatMap((day) => Object.values(day)).map((entry) => entry.price);
};
const stands = (value) => eventually(() => `the price ${value}`, async () => (await emulator.rest('GET', 'services/AAPL/price')) === value);

await pipeline.startRedis();
await pipeline.startEmulator();
const RIGHTS = command('ACL SETUSER relay');
await pipeline.redisCli(...RIGHTS);
const AS_RELAY = ['--redis-url', pipeline.redisUrl('relay:PASSWORD')];
await pipeline.startRelay('home', undefined, '--streams', 'bus', ...AS_RELAY);

const TESTS = {
  async 'the rights on the page are all that a relay needs'() {
    assert.match(await pipeline.redisCli('CLIENT', 'LIST'), /user=relay/);
    await pipeline.redisCli('XADD', 'bus', '*', 'channel', CHANNEL, 'data', JSON.stringify(price('AAPL', '1.5')));
    await stands('1.5');
    // Noted by the script, which is the last of what it has to be allowed.
    await eventually(() => 'the group moves', async () => !(await pipeline.redisCli('XINFO', 'GROUPS', 'bus')).includes('\n0-0\n'));
    assert.doesNotMatch(pipeline.relay.said, /NOPERM|ACL SETUSER/);
  },
};
for (const [name, program, ...flags] of publishers) {
  TESTS[`${name}: its line is the contract's, and the price is in the tree`] = async () => {
    const monitor = pipeline.child('redis-cli', ['-s', pipeline.socket, 'monitor']);
    await monitor.says('OK');
    // ioredis takes a socket by its path.
    await run(program, flags, { env: { ...process.env, REDIS_URL: name === 'ioredis' ? pipeline.socket : pipeline.redisUrl() }, timeout: 30_000 });
    await monitor.says(`"(?:xadd|XADD)" "bus" "(?:maxlen|MAXLEN)" "~" "100000" "\\*" "channel" "${CHANNEL}" "data" "`);
    await monitor.end();
    const [, , , , data] = JSON.parse(await pipeline.redisCli('EVAL', "local e = redis.call('XREVRANGE', 'bus', '+', '-', 'COUNT', 1)[1]; return cjson.encode({e[1], unpack(e[2])})", '0'));
    await stands(JSON.parse(data).price);
    assert.equal((await prices()).filter((each) => each === JSON.parse(data).price).length, 1);
  };
}

TESTS['moving from pub/sub: nothing is missing, and what came in between stands twice at most'] = async () => {
  await pipeline.relay.end();
  await pipeline.redisCli('DEL', 'bus');
  await emulator.rest('DELETE', 'history');
  const old = await pipeline.startRelay('moving');
  let published = 0;
  const publishBoth = async (count) => {
    for (const end = published + count; published < end; ++published) {
      const message = JSON.stringify(price('AAPL', String(published + 1000)));
      await pipeline.redisCli('PUBLISH', CHANNEL, message);
      await pipeline.redisCli('XADD', 'bus', '*', 'channel', CHANNEL, 'data', message);
    }
  };
  await publishBoth(5);
  await pipeline.redisCli(...command('XGROUP CREATE bus'));
  await publishBoth(5);
  await old.end();
  await publishBoth(5);
  await pipeline.startRelay('moving', undefined, '--streams', 'bus', ...AS_RELAY);
  await publishBoth(5);
  await stands(String(published + 999));
  const wanted = Array.from({ length: published }, (_, index) => (index >= 5 && index < 10 ? 2 : 1));
  let counts = [];
  await eventually(() => `each in the history: ${counts}`, async () => {
    const all = await prices();
    counts = wanted.map((_, index) => all.filter((each) => each === String(index + 1000)).length);
    return String(counts) === String(wanted);
  });
};

await report(TESTS, () => pipeline.end());
