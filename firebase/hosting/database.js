// Where the data is, and by whose token it is asked for.

export class Refused extends Error {}

export class Database {
  /**
   * `origin` without a slash at its end; `ns`: the database's name where the origin does not say it.
   * `tokenOf(isFresh)`: the ID token of whoever is signed in, null where nobody signs in; fresh: not one that was given before.
   */
  constructor(origin, { ns = '', tokenOf = null } = {}) {
    this.origin = origin;
    this.ns = ns;
    this.tokenOf = tokenOf;
  }

  /** The address of the place below `keys`. An EventSource has no headers, so the token stands in `auth`. */
  async url(keys, query = {}, isFresh = false) {
    const parameters = new URLSearchParams(query);
    if (this.ns) parameters.set('ns', this.ns);
    if (this.tokenOf) parameters.set('auth', await this.tokenOf(isFresh));
    return `${this.origin}/${keys.map(encodeURIComponent).join('/')}.json?${parameters}`;
  }

  /** What stands there, as text. Throws Refused when the rules let nobody with this token read it. */
  async read(keys, query, isFresh = false) {
    const response = await fetch(await this.url(keys, query, isFresh), { cache: 'no-store' });
    if (response.status === 401 || response.status === 403) throw new Refused('the database refuses');
    if (!response.ok) throw new Error(`the database answers ${response.status}`);
    return response.text();
  }
}
