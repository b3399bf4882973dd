// What a client shows of one ticker, and what it has to know for that: docs/phone.md explains it. In Node.js 20 or newer:
//   npm install firebase
//   FIREBASE_API_KEY=… FIREBASE_DATABASE_URL=https://… PHONE_EMAIL=… PHONE_PASSWORD=… node phone.mjs BRK.B
// In a page or a React Native app the same lines do the same, with your project's configuration instead of `process.env`.
import { initializeApp } from 'firebase/app';
import { connectAuthEmulator, getAuth, signInWithEmailAndPassword } from 'firebase/auth';
import { connectDatabaseEmulator, get, getDatabase, limitToLast, onValue, orderByKey, query, ref } from 'firebase/database';

const ticker = process.argv[2] ?? 'AAPL';
const { FIREBASE_API_KEY, FIREBASE_DATABASE_URL, FIREBASE_AUTH_EMULATOR_HOST, FIREBASE_DATABASE_EMULATOR_HOST, PHONE_EMAIL, PHONE_PASSWORD } = process.env;
const app = initializeApp({ apiKey: FIREBASE_API_KEY, databaseURL: FIREBASE_DATABASE_URL });
const auth = getAuth(app);
const db = getDatabase(app);
// On this machine, with stand-ins: before anything is asked.
if (FIREBASE_AUTH_EMULATOR_HOST) connectAuthEmulator(auth, `http://${FIREBASE_AUTH_EMULATOR_HOST}`, { disableWarnings: true });
if (FIREBASE_DATABASE_EMULATOR_HOST) connectDatabaseEmulator(db, ...FIREBASE_DATABASE_EMULATOR_HOST.split(':'));
const { user } = await signInWithEmailAndPassword(auth, PHONE_EMAIL, PHONE_PASSWORD);

/** The key of a ticker, an order's id or a channel: what the database takes in no key is percent-encoded. */
function keyOf(name) {
  return name === '' ? '%' : name.replace(/[.$#[\]/%\x00-\x1f\x7f]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
/** A time as publishers write it (docs/contract.md, "Time"): ISO 8601 or an epoch. Null where none can be read, and before 2000. */
function dateOf(time) {
  const [, day, clock, hours, minutes = '00'] = /^(\d{4}-\d\d-\d\d)[T ]([\d:.,]+)(?:Z|([+-]\d\d):?(\d\d)?)?$/i.exec(time) ?? [];
  const epoch = Number(time);
  const perMs = epoch < 1e11 ? 1e-3 : epoch < 1e14 ? 1 : epoch < 1e17 ? 1e3 : 1e6; // its size tells seconds, ms, µs and ns apart
  // Without a zone it is UTC; JavaScript alone would take it for local time.
  const date = new Date(day ? `${day}T${clock.replace(',', '.')}${hours ? `${hours}:${minutes}` : 'Z'}` : Math.round(epoch / perMs));
  return date >= Date.UTC(2000) ? date : null;
}
const timeText = (date) => date?.toISOString() ?? 'an unknown time';
/** A number, which may be a text; a publisher's "n/a" as it stands. */
const priceText = (price) => (Number.isFinite(Number(price)) ? Number(price).toFixed(2) : String(price));
/** A list of orders, whose ids may be numbers: then the SDK makes an array of them, with holes. */
const listOf = (node) => Object.values(node ?? {}).filter((value) => value !== null);

const explain = (error) => {
  // No listener gets a second chance: when the owner has let this user in, the page is to be loaded again.
  console.error(`${error.message}\nThe owner lets you in by readers/${user.uid}: true`);
  process.exit(1);
};

// One ticker and no more: what other tickers do is not downloaded.
onValue(ref(db, `services/${keyOf(ticker)}`), (snapshot) => {
  const { symbol = ticker, price, timestamp, last_updated, orders } = snapshot.val() ?? {};
  if (price === undefined) return console.log(`${ticker}: no price yet`);
  const open = listOf(orders).filter(({ order }) => ['new', 'accepted', 'partially_filled'].includes(order?.status));
  console.log(`${symbol} ${priceText(price)} at ${timeText(dateOf(timestamp) ?? dateOf(last_updated))}, ${open.length} orders open`);
}, explain);

// "No trades" or "the PC is off"? The relay writes the time every heartbeat_seconds. The phone's own clock may be wrong.
let offset = 0;
let relays = [];
onValue(ref(db, '.info/serverTimeOffset'), (snapshot) => (offset = snapshot.val()));
onValue(ref(db, 'relay'), (snapshot) => (relays = listOf(snapshot.val())), explain);
let last = '';
setInterval(() => {
  const now = Date.now() + offset;
  const isLate = ({ heartbeat_at, heartbeat_seconds }) => now - dateOf(heartbeat_at) > 3_000 * heartbeat_seconds;
  const isAlive = relays.some((relay) => relay.state === 'running' && !isLate(relay));
  const said = isAlive ? 'the relay is alive' : 'the relay is silent: what is shown is old';
  if (said !== last) console.log(said);
  last = said;
}, 500);

// The newest prices of a day: asked for once, and never more than is shown.
const day = new Date().toISOString().slice(0, 10);
const prices = await get(query(ref(db, `history/${keyOf(ticker)}/prices/${day}`), orderByKey(), limitToLast(100)));
prices.forEach((entry) => {
  const { price = 'no price', timestamp } = entry.val();
  console.log(`${day}: ${price} at ${timeText(dateOf(timestamp))}`);
});
console.log(`${prices.size} prices of ${day}`);
