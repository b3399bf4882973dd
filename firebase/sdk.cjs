// Copies what the page needs of Firebase's SDK from npm's package into hosting/sdk: run by `firebase deploy`, by the hooks in
// firebase.json. The files are those of Google's CDN, and get each other from there; here they stand side by side.
'use strict';
const fs = require('fs');
const path = require('path');

const from = path.join(__dirname, 'node_modules/firebase');
const to = path.join(__dirname, 'hosting/sdk');
if (!fs.existsSync(path.join(from, 'package.json'))) {
  console.error('firebase/sdk.cjs: Firebase\'s SDK is not here yet; first run, in the folder firebase: npm ci --ignore-scripts');
  process.exit(1);
}
const { version } = JSON.parse(fs.readFileSync(path.join(from, 'package.json'), 'utf8'));
fs.mkdirSync(to, { recursive: true });
for (const name of ['firebase-app.js', 'firebase-auth.js']) {
  const text = fs
    .readFileSync(path.join(from, name), 'utf8')
    .replaceAll(`"https://www.gstatic.com/firebasejs/${version}/firebase-app.js"`, '"./firebase-app.js"')
    .replace(/\n\/\/# sourceMappingURL=.*/, '');
  if (text.includes('from"https:')) throw new Error(`${name} of firebase ${version} imports from elsewhere`);
  fs.writeFileSync(path.join(to, name), text);
}
console.log(`hosting/sdk: firebase-app.js and firebase-auth.js of firebase ${version}`);
