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
  history: { AAPL: { prices: { '-key': { price: '187.2', timestamp: 1 } } }, _channels: { NEWS: { '-key': 'hello' } } },
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
  'history/_channels/NEWS', 'channels', 'channels/NEWS', 'relay', 'relay/home/state'];
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
expect('history is indexed by the time of its messages',
  JSON.stringify(rules.rules.history.$ticker.$kind['.indexOn']) === '["timestamp"]', true);

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
