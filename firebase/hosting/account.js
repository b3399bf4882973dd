// Who reads: signing in by Firebase Authentication, and the ID token by which the database knows him.

const SENTENCES = {
  'auth/invalid-credential': 'No account has this e-mail address and this password.',
  'auth/wrong-password': 'No account has this e-mail address and this password.',
  'auth/user-not-found': 'No account has this e-mail address and this password.',
  'auth/user-disabled': 'This account has been disabled.',
  'auth/too-many-requests': 'Too many attempts: wait a few minutes.',
  'auth/network-request-failed': 'The sign-in cannot be reached: is there a network?',
  'auth/operation-not-allowed': 'This way of signing in is not switched on: Firebase console, Authentication, Sign-in method.',
  'auth/unauthorized-domain': 'Google leads back to PROJECT.firebaseapp.com only: open the page there.',
  'auth/configuration-not-found': 'No way of signing in is switched on: Firebase console, Authentication, Get started.',
};

/** What went wrong while signing in, as a sentence. */
export const sentenceOf = (error) => SENTENCES[error.code] ?? `The sign-in failed: ${error.code ?? error.message}.`;

export class Account {
  #sdk;
  #auth;

  /** Loads the SDK, two files beside this one. `config`: the web app's, from /__/firebase/init.json. */
  static async of(config) {
    const [app, sdk] = await Promise.all([import('./sdk/firebase-app.js'), import('./sdk/firebase-auth.js')]);
    const account = new Account();
    account.#sdk = sdk;
    // Without a resolver of its own: it would load Google's script on every phone, also for who signs in by e-mail.
    account.#auth = sdk.initializeAuth(app.initializeApp(config), {
      persistence: [sdk.indexedDBLocalPersistence, sdk.browserLocalPersistence],
    });
    return account;
  }

  /** `onUser(user)` for whoever signs in, null for nobody; first when it is known. */
  watch(onUser) {
    this.#sdk.onAuthStateChanged(this.#auth, onUser);
  }

  signIn(email, password) {
    return this.#sdk.signInWithEmailAndPassword(this.#auth, email, password);
  }

  /** Leaves the page for Google's, which leads back to it. */
  signInWithGoogle() {
    return this.#sdk.signInWithRedirect(this.#auth, new this.#sdk.GoogleAuthProvider(), this.#sdk.browserPopupRedirectResolver);
  }

  /** Back from Google's page: signs in, or throws. Nothing else happens where nobody comes back from there. */
  comeBack() {
    return this.#sdk.getRedirectResult(this.#auth, this.#sdk.browserPopupRedirectResolver);
  }

  signOut() {
    return this.#sdk.signOut(this.#auth);
  }

  /** The ID token; fresh: a new one, even if the last one has not ended by this device's clock. */
  async token(isFresh) {
    if (!this.#auth.currentUser) throw new Error('nobody is signed in');
    return this.#auth.currentUser.getIdToken(isFresh);
  }
}
