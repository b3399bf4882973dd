// What any client of the database can do: listen to `services` and `relay`, and show them. The same files are the demo's page,
// where nobody signs in, and the phone's, which `firebase deploy` puts beside the project's sign-in.

import { Database } from './database.js';
import { Listening } from './listening.js';

const CONFIG_RETRY_MS = 3000;

/** What Firebase Hosting knows of the project's web app; nothing: the project has none that is linked to Hosting. */
async function readConfig() {
  for (;;) {
    try {
      const response = await fetch('/__/firebase/init.json');
      if (response.ok) return await response.json();
      if (response.status === 404) return {};
    } catch {
      // No network: the page came, and this did not.
    }
    await new Promise((resolve) => setTimeout(resolve, CONFIG_RETRY_MS));
  }
}

/** The demo: the database is where the page is from. */
function listenHere() {
  const ns = new URLSearchParams(location.search).get('ns') ?? 'demo';
  new Listening(new Database(location.origin, { ns }), () => {}).start();
}

const config = await readConfig();
if (config.isEmulator) listenHere(); // rtdb-emulator's
else (await import('./sign_in.js')).signInAndListen(config);
