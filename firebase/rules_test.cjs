// What database.rules.json allows, evaluated by targaryen. Run by scripts/verify-rules, which installs it.
// Usage: node rules_test.cjs TARGARYEN_FOLDER
'use strict';
const fs = require('fs');
const path = require('path');
const targaryen = require(path.resolve(process.argv[2]));

const rules = JSON.parse(fs.readFileSync(path.join(__dirname, 'database.rules.json'), 'utf8'));
const data = {
  readers: { anna: true, former: false, typed: 'true' },
  services: { AAPL: { price: '187.2', orders: { o1: { order: { status: 'filled' } } } } },
  channels: { NEWS: 'hello' },
  history: {
    AAPL: { prices: { '2026-11-28': { '-key': { price: '187.2', timestamp: 1 } } }, orders: { '-key': { type: 'order' } } },
    _channels: { NEWS: { '2026-11-28': { '-key': 'hello' } } },
  },
  relay: { home: { state: 'running' } },
};
const database = targaryen.database(rules, data);

const reader = { uid: 'anna' };
const strangers = {
  'nobody': null,
  'a user who is not on the list': { uid: 'eve' },
  'a user taken off the list': { uid: 'former' },
  'a user whose entry is no boolean': { uid: 'typed' },
  'an anonymous user': { uid: 'x', provider: 'anonymous' },
  'a user called like a path': { uid: '__proto__' },
};
const places = ['services', 'services/AAPL/price', 'services/AAPL/orders', 'history', 'history/AAPL/prices',
  'history/AAPL/prices/2026-11-28', 'history/AAPL/orders', 'history/_channels/NEWS', 'history/_channels/NEWS/2026-11-28',
  'channels', 'channels/NEWS', 'relay', 'relay/home/state'];
const closed = ['', 'readers', 'readers/anna', 'anything/else'];

let passed = 0;
let failed = 0;
function expect(what, actual, wanted) {
  if (actual === wanted) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED: ${what} is ${actual ? 'allowed' : 'refused'}`);
  }
}
const may = {
  read: (who, place) => database.as(who).read('/' + place).allowed,
  write: (who, place, value) => database.as(who).write('/' + place, value).allowed,
};

for (const place of places) {
  expect(`a reader reads /${place}`, may.read(reader, place), true);
  for (const [name, who] of Object.entries(strangers)) {
    expect(`${name} reads /${place}`, may.read(who, place), false);
  }
}
for (const place of closed) {
  for (const [name, who] of [['a reader', reader], ...Object.entries(strangers)]) {
    expect(`${name} reads /${place}`, may.read(who, place), false);
  }
}
for (const place of [...places, ...closed, 'readers/eve', 'services/NEW/price']) {
  for (const [name, who] of [['a reader', reader], ...Object.entries(strangers)]) {
    expect(`${name} writes /${place}`, may.write(who, place, true), false);
    expect(`${name} removes /${place}`, may.write(who, place, null), false);
  }
}
const kinds = rules.rules.history.$ticker.$kind;
for (const [where, node] of [['a kind', kinds], ['a day', kinds.$day]]) {
  expect(`history is indexed by the time of its messages within ${where}`, JSON.stringify(node['.indexOn']) === '["timestamp"]', true);
}

// What the page asks for when somebody opens a ticker's day: all of it is a reader's, and by keys, which need no index.
async function expectPageIsAnswered() {
  const { pricesOf, keyAt } = await import('./hosting/day.js');
  const asked = [];
  const busy = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${keyAt(1.8e12 + i * 1000)}abcdefghijkl`, { price: i }]));
  const read = async (keys, query) => {
    asked.push({ place: keys.join('/'), query });
    return JSON.stringify(Object.fromEntries(Object.entries(busy).slice(0, query.limitToFirst ?? query.limitToLast)));
  };
  await pricesOf({ read }, 'AAPL', '2026-11-28');
  expect('a busy day takes more than one question', asked.length > 2, true);
  for (const { place, query } of asked) {
    const text = `${place} ${JSON.stringify(query)}`;
    expect(`a reader's question ${text}`, may.read(reader, place), true);
    for (const [name, who] of Object.entries(strangers)) expect(`of ${name} the question ${text}`, may.read(who, place), false);
    expect(`by keys, and bounded: ${text}`, query.orderBy === '"$key"' && (query.limitToFirst ?? query.limitToLast) <= 250, true);
  }
}

expectPageIsAnswered().then(() => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
});
