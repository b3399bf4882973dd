// What somebody's own page does with the demo: connectDatabaseEmulator(db, '127.0.0.1', PORT), then a listener. Ends with 0 once a price has moved.
// Usage: node demo_watch.mjs PORT. Environment: CLIENTS_MODULES (where firebase is).
import { client, shown } from './sdk.mjs';
import { eventually } from './emulator.mjs';

const { at } = client(Number(process.argv[2]));
const { values } = shown(at('services/AAPL/price'));
const prices = () => new Set(values.filter((value) => Number(value) > 0));
await eventually(() => `two prices, after ${JSON.stringify(values)}`, () => prices().size >= 2);
console.log(`the price of AAPL went ${[...prices()].join(', ')}`);
process.exit(0);
