// The page of a project: who is not signed in sees a form, who is not let in a sentence, and a reader what there is.

import { Account, sentenceOf } from './account.js';
import { Database } from './database.js';
import { show } from './elements.js';
import { Listening, showState } from './listening.js';

const $ = (id) => document.getElementById(id);

function showError(error) {
  show($('sign-in-error'), error ? sentenceOf(error) : '');
}

function prepareForm(account) {
  const form = $('sign-in').querySelector('form');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    showError(null);
    account.signIn(form.email.value, form.password.value).then(() => form.reset(), showError);
  });
  $('google').addEventListener('click', () => {
    showError(null);
    account.signInWithGoogle().catch(showError);
  });
  $('sign-out').addEventListener('click', () => account.signOut());
}

/** `config`: the web app's. */
export async function signInAndListen(config) {
  // Hosting gives the page two names. Google's sign-in leads back to one of them only, and some browsers keep it from the other.
  if (location.host.endsWith('.web.app')) return location.replace(`https://${config.authDomain}`);
  const missing = [config.apiKey ? '' : 'no web app that is linked to Hosting', config.databaseURL ? '' : 'no Realtime Database'].filter(Boolean);
  if (missing.length > 0) {
    showState('signed out');
    return show($('fault'), `This project has ${missing.join(', and ')}: see docs/page.md, then deploy the page again.`);
  }
  const account = await Account.of(config);
  let user = null;
  const database = new Database(new URL(config.databaseURL).origin, { tokenOf: (isFresh) => account.token(isFresh) });
  const listening = new Listening(database, (isRefused) => {
    show($('uid'), user?.uid ?? '');
    $('stranger').hidden = !isRefused || !user;
  });
  prepareForm(account);
  account.watch((newUser) => {
    if (user && user.uid === newUser?.uid) return;
    if (user) listening.stop();
    user = newUser;
    $('sign-in').hidden = user !== null;
    $('account').hidden = user === null;
    $('stranger').hidden = true;
    show($('who'), user ? (user.email ?? user.displayName ?? user.uid) : '');
    if (user) listening.start();
    else showState('signed out');
  });
  await account.comeBack().catch(showError);
}
