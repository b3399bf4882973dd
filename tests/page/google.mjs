// What of Google's the page needs when somebody signs in by Google, as small as it can be: the page that asks who he is, and the script
// by which the SDK speaks with the frame that has the answer. Firebase's emulator of sign-in has the frame and takes the answer.

/** What a project allows to lead back to, which the emulator does only to this machine. */
export const projectOf = (name) => JSON.stringify({ projectId: name, authorizedDomains: [`${name}.firebaseapp.com`] });

/** Instead of https://PROJECT.firebaseapp.com/__/auth/handler: asks nothing, and leaves its answer where the frame looks for it. */
export const HANDLER = `<!DOCTYPE html>
<title>Sign in</title>
<link rel="icon" href="data:,">
<button>Go on as Gina</button>
<script>
const asked = new URLSearchParams(location.search);
const claims = { sub: 'gina-1', iss: '', aud: '', exp: 0, iat: 0, name: 'Gina', email: 'gina@example.com', email_verified: true };
document.querySelector('button').addEventListener('click', () => {
  sessionStorage['firebase:redirectEvent:' + asked.get('apiKey') + ':' + asked.get('appName')] = JSON.stringify({
    type: asked.get('authType'), eventId: asked.get('eventId'), sessionId: 'none', postBody: '', tenantId: null, error: null,
    urlResponse: location.origin + location.pathname + '?providerId=google.com&id_token=' + encodeURIComponent(JSON.stringify(claims)),
  });
  location.href = asked.get('redirectUrl');
});
</script>
`;

/** Instead of https://apis.google.com/js/api.js: frames that send each other named messages, and answer them. */
export const API_JS = `(() => {
  const CROSS_ORIGIN_IFRAMES_FILTER = {};
  class Peer {
    handlers = new Map();
    early = [];
    calls = new Map();
    isThere = new Promise((resolve) => (this.arrived = resolve));
    constructor(target) {
      addEventListener('message', ({ data, source }) => {
        if (!data || !data.gapi || source !== target()) return;
        if (data.gapi === 'ready') this.arrived();
        else if (data.gapi === 'answer') this.calls.get(data.id)?.([data.value]);
        else if (this.handlers.has(data.name)) this.take(data);
        else this.early.push(data);
      });
      this.tell = (message) => target().postMessage(message, '*');
    }
    async take({ name, value, id }) {
      this.tell({ gapi: 'answer', id, value: await this.handlers.get(name)(value) });
    }
    register(name, handler) {
      this.handlers.set(name, handler);
      this.early = this.early.filter((message) => message.name !== name || void this.take(message));
    }
    send(name, value, callback) {
      const id = name + this.calls.size;
      this.calls.set(id, callback);
      this.tell({ gapi: 'call', name, value, id });
    }
    async restyle() {}
    async ping(callback) {
      await this.isThere;
      callback();
    }
  }
  const context = {
    open({ where, url, attributes }, opened) {
      const frame = document.createElement('iframe');
      Object.assign(frame.style, attributes.style);
      const peer = new Peer(() => frame.contentWindow);
      frame.src = url;
      where.append(frame);
      return opened(peer);
    },
    getParentIframe() {
      const peer = new Peer(() => parent);
      peer.tell({ gapi: 'ready' });
      return peer;
    },
  };
  window.gapi = { load: (what, { callback }) => callback(), iframes: { CROSS_ORIGIN_IFRAMES_FILTER, Iframe: Peer, getContext: () => context } };
  const name = new URL(document.currentScript.src).searchParams.get('onload') ?? 'gapi_onload';
  window[name]();
})();
`;
