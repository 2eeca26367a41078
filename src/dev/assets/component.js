// The demo app's page with a component: what the script of your own page does with a direct token.

import { ask, begin, byId, duration, element, json, permissions, person, refresh, tell } from '/common.js';

let places = null;
let user = null;
/** The backend's answer: the token, and when its session ends. */
let held = null;
/** How far the gateway's clock is from this browser's, in ms. */
let skew = 0;

async function render() {
  const state = await refresh('app');
  ({ places, user } = state);
  if (!user) return location.replace('/');
  skew = state.nowMs - Date.now();
  byId('keys').href = `${places.gateway}/.well-known/jwks.json`;
  showTimeLeft();
}

async function getToken(format) {
  held = await ask('/component/token', { method: 'POST', body: new URLSearchParams({ format }) });
  byId('token').textContent = `${held.token.slice(0, 16)}…`;
  byId('held').hidden = false;
  byId('endings').hidden = false;
  byId('decoded').hidden = true;
  if (format === 'jwt') showClaims('What is in the signed token', held.token);
  await check('The component asks who is there');
}

/** One call of the gateway; the journal is told what was sent and what came back. */
async function call(verb, title, reason, method = 'POST') {
  const url = `${places.gateway}/v2/portal.${verb}`;
  const headers = { Accept: 'application/json', Authorization: `Bearer ${held.token}` };
  const response = await fetch(url, { method, headers });
  const answer = await response.json();
  await tell('/journal', {
    kind: 'step',
    actor: 'component',
    title,
    reason,
    request: { method, url, headers: [['Origin', location.origin], ...Object.entries(headers)] },
    answer: { status: response.status, body: answer },
  });
  await render();
  if (!response.ok) result(`Vestibule answers ${response.status}: ${answer.error.detail} The token is worth nothing now.`, 'bad');
  return response.ok ? answer.data : null;
}

/** Whether the session still lives. */
async function check(title) {
  const data = await call('getSession', title, 'The token goes along in a header. There is no cookie, and no other website may use it.', 'GET');
  if (!data) return;
  const { name = data.externalId, organization = data.externalOrganizationId } = data.metadata ?? {};
  byId('person').replaceChildren(...person({ name, organization, email: data.email ?? '' }));
  byId('permissions').replaceChildren(...permissions(data.permissions));
  result(`Vestibule answers 200: it is ${name}, in ${data.id}.`, 'good');
}

async function getCallToken() {
  await action('You asked for a short token for another API');
  const reason = 'Whoever it is given to can check it without Vestibule, and cannot use the session with it.';
  const data = await call('getToken', 'The component gets a token for another API', reason);
  if (data) showClaims('What is in the short token', data.token);
}

// How it ends.

async function end() {
  await action('You ended the session from the page');
  if (await call('endSession', 'The component ends its session', 'The token goes along; from now on it opens nothing.')) await checkAgain();
}

async function revoke() {
  await ask('/revoke', { method: 'POST', body: new URLSearchParams({ user: user.id }) });
  await checkAgain();
}

async function expire() {
  await action('You clicked “Expire now”');
  await tell('/expire', { expiresAt: held.expiresAt });
  await checkAgain();
}

const checkAgain = () => check('The component asks once more');
const action = (title) => tell('/journal', { kind: 'action', title });

// What is shown.

function result(words, kind) {
  byId('result').className = `result ${kind}`;
  byId('result').textContent = words;
}

function showClaims(title, token) {
  const [header, claims] = token.split('.').map(decoded);
  byId('decoded-title').textContent = title;
  byId('claims').replaceChildren(element('b', {}, 'Header'), '\n', ...json(header), '\n\n', element('b', {}, 'Claims'), '\n', ...json(claims));
  byId('decoded').hidden = false;
}

/** A part of a JWT; the signature is no JSON. */
function decoded(part, index) {
  if (index === 2) return null;
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function showTimeLeft() {
  if (!held) return;
  const left = Math.max(0, held.expiresAt - Date.now() - skew);
  byId('left').textContent = duration(left);
  byId('life').max = held.expiresIn * 1000;
  byId('life').value = left;
}

function attempt(work) {
  return () => work().catch((error) => byId('banner').replaceChildren(element('p', { className: 'banner' }, error.message)));
}

const buttons = {
  opaque: () => getToken('opaque'),
  jwt: () => getToken('jwt'),
  ask: async () => {
    await action('You asked who is there');
    await checkAgain();
  },
  call: getCallToken,
  end,
  revoke,
  expire,
};
for (const [id, work] of Object.entries(buttons)) byId(id).addEventListener('click', attempt(work));
setInterval(showTimeLeft, 1000);
begin(attempt(render));
attempt(render)();
