// A Firebase project on this machine: its files by Firebase's own emulator of Hosting, its accounts by that of Authentication, its database by
// rtdb-emulator, all behind the names and the TLS that a phone knows them by.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { API_JS, HANDLER, projectOf } from './google.mjs';
import { Child } from './stage.mjs';

export const NAME = 'demo-page'; // of a project that exists nowhere: firebase-tools asks nobody about it
export const ORIGIN = `https://${NAME}.firebaseapp.com`;
export const DATABASE = `${NAME}.firebaseio.com`;
const START_MS = 90_000;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Project {
  /** What was asked for, `{host, path, referer}`, in the order in which it came. */
  asked = [];
  /** Event streams of the database that are open. */
  streams = new Set();
  /** What the database answers to everything, instead of itself; 0: itself. */
  status = 0;

  /** `modules`: where firebase-tools is; `folder`: a copy of firebase/ with what its hooks have fetched; `databaseUrl()`: rtdb-emulator's. */
  constructor(modules, folder, databaseUrl) {
    this.modules = modules;
    this.folder = folder;
    this.databaseUrl = databaseUrl;
  }

  async start() {
    await this.#startEmulators();
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(this.folder, '..', name));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`,
      '-keyout', key, '-out', cert], { stdio: 'ignore' });
    this.front = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => this.#serve(request, response));
    this.front.listen(0, '127.0.0.1');
    await new Promise((resolve) => this.front.once('listening', resolve));
    this.port = this.front.address().port;
  }

  /** firebase.json as it is deployed, with ports that are free here. */
  async #startEmulators() {
    const file = path.join(this.folder, 'firebase.json');
    const names = ['auth', 'hosting', 'hub', 'logging'];
    this.ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])));
    const emulators = Object.fromEntries(names.map((name) => [name, { host: '127.0.0.1', port: this.ports[name] }]));
    const config = { ...JSON.parse(readFileSync(file, 'utf8')), emulators: { ...emulators, ui: { enabled: false } } };
    writeFileSync(path.join(this.folder, 'test.json'), JSON.stringify(config));
    const command = path.join(this.modules, 'node_modules/firebase-tools/lib/bin/firebase.js');
    const home = path.join(this.folder, '../home'); // what it remembers is nobody's
    this.tools = new Child(process.execPath, [command, 'emulators:start', '--only', 'auth,hosting', '--project', NAME, '--config', 'test.json'], {
      cwd: this.folder,
      env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, NO_UPDATE_NOTIFIER: '1' },
    });
    await this.tools.says('All emulators ready', START_MS);
  }

  /** What the phone's browser has to be told: every name is this machine. */
  get browserFlags() {
    return [`--host-resolver-rules=MAP * 127.0.0.1:${this.port}`];
  }

  #serve(request, response) {
    const { host } = request.headers;
    const url = new URL(request.url, ORIGIN);
    this.asked.push({ host, path: request.url, referer: request.headers.referer });
    const answer = (type, body) => response.writeHead(200, { 'Content-Type': type, 'Access-Control-Allow-Origin': '*' }).end(body);
    if (url.pathname === '/v1/projects' && request.method === 'GET') return answer('application/json', projectOf(NAME));
    if (host === 'apis.google.com' && url.pathname === '/js/api.js') return answer('text/javascript', API_JS);
    if (host === `${NAME}.firebaseapp.com`) {
      if (url.pathname === '/__/auth/handler') return answer('text/html', HANDLER);
      if (url.pathname === '/__/auth/iframe') return this.#pass(request, response, this.ports.auth, `/emulator/auth/iframe${url.search}`);
      return this.#pass(request, response, this.ports.hosting, request.url);
    }
    if (host === 'identitytoolkit.googleapis.com' || host === 'securetoken.googleapis.com')
      return this.#pass(request, response, this.ports.auth, `/${host}${request.url}`);
    if (host !== DATABASE) return response.writeHead(404).end();
    if (request.headers.accept?.includes('text/event-stream')) {
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
    }
    if (this.status) return response.writeHead(this.status, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' }).end('{"error":"a test"}');
    url.searchParams.set('ns', NAME); // the database takes its name from the host
    return this.#pass(request, response, new URL(this.databaseUrl()).port, url.pathname + url.search);
  }

  #pass(request, response, port, target) {
    const headers = { ...request.headers, host: `127.0.0.1:${port}` };
    const onward = http.request({ host: '127.0.0.1', port, path: target, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
      answer.on('aborted', () => response.destroy());
    });
    onward.on('error', () => response.destroy()); // as if nobody were there
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  /** From now on the database answers `status`, also to whoever listens already. */
  answerOnly(status) {
    this.status = status;
    for (const response of this.streams) response.destroy();
  }

  /** Makes an account by e-mail and password, as the owner does in Firebase's console. Returns its UID. */
  async addAccount(email, password) {
    const answer = await fetch(`http://127.0.0.1:${this.ports.auth}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=any`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password, returnSecureToken: true }),
    });
    if (!answer.ok) throw new Error(`no account: ${await answer.text()}`);
    return (await answer.json()).localId;
  }

  /** The different tokens by which the database was asked for streams and days. */
  get tokens() {
    const auth = ({ path: asked }) => new URL(asked, ORIGIN).searchParams.get('auth');
    return [...new Set(this.asked.filter(({ host }) => host === DATABASE).map(auth))];
  }

  /** Questions for places of the database that begin with `place`. */
  questions(place) {
    return this.asked.filter(({ host, path: asked }) => host === DATABASE && asked.startsWith(`/${place}`));
  }

  get foreign() {
    const known = [`${NAME}.firebaseapp.com`, DATABASE, 'identitytoolkit.googleapis.com', 'securetoken.googleapis.com', 'apis.google.com'];
    return this.asked.filter(({ host }) => !known.includes(host)).map(({ host, path: asked }) => host + asked);
  }

  async end() {
    this.front?.closeAllConnections();
    this.front?.close();
    await this.tools?.end('SIGINT');
  }
}
