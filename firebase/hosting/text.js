// Values of the database as text: nothing here knows of elements.

/** What stands at `keys` below `node`. */
export function at(node, ...keys) {
  for (const key of keys) node = node instanceof Map ? node.get(key) : undefined;
  return node;
}

/** Keys are percent-encoded where the database takes a character in none (BRK%2EB). */
export function nameOf(key) {
  if (key === '%') return '(empty)';
  try {
    const name = decodeURIComponent(key);
    return name.trim() === '' ? JSON.stringify(name) : name; // blanks are a name, too: in quotes they can be seen
  } catch {
    return key;
  }
}

export const textOf = (value) => (value === undefined || value === null ? '' : value instanceof Map ? '{…}' : String(value));

/** A time as publishers write it: ISO 8601 with T or a blank, with a zone or in UTC, or seconds, ms, µs or ns since 1970, told apart by size. */
export function dateOf(value) {
  if (value === undefined || value === null || value instanceof Map || value === '') return null;
  const valid = (date) => (Number.isNaN(date.getTime()) ? null : date); // what is out of a date's range is none
  const epoch = Number(value);
  if (!Number.isNaN(epoch)) return valid(new Date(epoch < 1e11 ? epoch * 1e3 : epoch < 1e14 ? epoch : epoch < 1e17 ? epoch / 1e3 : epoch / 1e6));
  let text = String(value).trim().replace(' ', 'T').replace(/(\.\d{3})\d+/, '$1');
  text = text.replace(/(T.*[+-]\d\d):?(\d\d)?$/, (_, whole, minutes = '00') => `${whole}:${minutes}`);
  if (!/(Z|[+-]\d\d:\d\d)$/i.test(text)) text += 'Z';
  return valid(new Date(text));
}

export function timeText(date) {
  const time = date.toLocaleTimeString('en-GB');
  return date.toDateString() === new Date().toDateString()
    ? time
    : `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}
export const whenText = (value) => (dateOf(value) ? timeText(dateOf(value)) : textOf(value));

export function durationText(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const MONEY = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'exceptZero' });
export const moneyText = (value) => (Number.isFinite(Number(value)) ? MONEY.format(Number(value)).replace('-', '−') : textOf(value));
export const signOf = (value) => (Number(value) > 0 ? 'plus' : Number(value) < 0 ? 'minus' : '');
