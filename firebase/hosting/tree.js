// What stands in the database, as its REST API gives it.

/** The database gives objects with keys 0, 1, 2 … back as arrays; here they are what they were. */
export function toNode(value) {
  if (value === null || typeof value !== 'object') return value;
  const entries = Array.isArray(value) ? value.map((child, index) => [String(index), child]) : Object.entries(value);
  return new Map(entries.filter(([, child]) => child !== null).map(([key, child]) => [key, toNode(child)]));
}

const piecesOf = (path) => path.split('/').filter((piece) => piece !== '');
const isEmpty = (node) => node === null || (node instanceof Map && node.size === 0);

/** `node` with `value` at `pieces`; what is left empty goes, as in the database. */
function withValue(node, pieces, value) {
  if (pieces.length === 0) return value;
  if (value === null && !(node instanceof Map)) return node; // nothing is there to remove
  const map = node instanceof Map ? node : new Map();
  const child = withValue(map.get(pieces[0]) ?? null, pieces.slice(1), value);
  if (isEmpty(child)) map.delete(pieces[0]);
  else map.set(pieces[0], child);
  return map;
}

/** A copy of one place. Objects are Maps, so that a key like __proto__ is a key like any other. */
export class Tree {
  root = new Map();

  /** Applies an event; returns the first keys it touched, or null for all of them. */
  apply(kind, { path, data }) {
    const changes = kind === 'patch'
      ? Object.entries(data).map(([key, value]) => [[...piecesOf(path), ...piecesOf(key)], value])
      : [[piecesOf(path), data]];
    for (const [pieces, value] of changes) this.root = withValue(this.root, pieces, toNode(value));
    if (!(this.root instanceof Map)) this.root = new Map();
    return changes.some(([pieces]) => pieces.length === 0) ? null : new Set(changes.map(([pieces]) => pieces[0]));
  }
}
