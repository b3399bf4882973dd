// What one writes in an evening: ioredis, a Map of the newest values, one PATCH per interval.
// Usage: node relay.js REDIS_SOCKET DATABASE_URL live|history [INTERVAL_MS]
const Redis = require('ioredis');

const [socket, url, mode, interval = '100'] = process.argv.slice(2);
const http = require(url.startsWith('https:') ? 'https' : 'http');
const agent = new http.Agent({ keepAlive: true });
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
let pending = new Map();
let count = 0;
let busy = false;

const base64 = (number, characters) => {
  let text = '';
  for (; text.length < characters; number = Math.floor(number / 64)) text = ALPHABET[number % 64] + text;
  return text;
};

function take(payload) {
  let message = JSON.parse(payload);
  if (message.data && typeof message.data === 'object') message = message.data;
  const ticker = message.symbol || message.order_data.order.symbol;
  if (message.type === 'order') pending.set(`services/${ticker}/orders/${message.order_data.order.id}`, message.order_data);
  else for (const field of ['price', 'volume', 'timestamp', 'symbol']) pending.set(`services/${ticker}/${field}`, message[field]);
  if (mode !== 'history') return;
  const time = typeof message.timestamp === 'number' ? Math.round(message.timestamp * 1000) : Date.parse(message.timestamp);
  pending.set(`history/${ticker}/${message.type}s/${base64(time, 8)}${base64(process.pid, 5)}${base64(count++, 7)}`, message);
}

function flush() {
  if (busy || pending.size === 0) return;
  const sent = pending;
  pending = new Map();
  busy = true;
  const again = () => { busy = false; pending = new Map([...sent, ...pending]); };
  const request = http.request(`${url}/.json?print=silent`, { method: 'PATCH', agent }, (answer) => {
    answer.resume().on('end', () => { busy = false; });
  });
  request.on('error', again);
  const body = JSON.stringify(Object.fromEntries(sent));
  request.setHeader('Content-Length', Buffer.byteLength(body));
  request.end(body);
}

const redis = new Redis(socket);
redis.on('pmessage', (pattern, channel, payload) => take(payload));
redis.psubscribe('*');
setInterval(flush, Number(interval));
