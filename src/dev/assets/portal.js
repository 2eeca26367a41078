// The demo portal's page: what the page of any portal does with Vestibule's public API.

import { ask, begin, byId, duration, element, permissions, person, refresh, show, tell } from '/common.js';

/** Whoever enters through Vestibule's own page arrives at another address, with the cookie already set. */
const HOSTED = location.pathname === '/hosted';
const SLUG = HOSTED ? 'hosted-portal' : 'my-portal';
const FEATURES = [
  ['See the API keys', 'api.main.read_key'],
  ['Create an API key', 'api.main.create_key'],
  ['See the analytics', 'api.main.read_analytics'],
  ['Download invoices', 'billing.read'],
  ['Change the plan', 'billing.write'],
];
const SENT_BY_BROWSER = `portal_session_${SLUG}=…, if the browser has it (HttpOnly: invisible to this page's script)`;
const SET_BY_BROWSER = `portal_session_${SLUG}=…; HttpOnly; SameSite=Lax (set, and invisible to this page's script)`;

let places = null;
let session = null;
/** The handle of the session that was here last: no credential, and all that support needs. */
let lastHandle = null;
/** How far the gateway's clock is from this browser's, in ms. */
let skew = 0;

// The way in.

async function enter() {
  const address = new URL(location.href);
  const sessionId = address.searchParams.get('session');
  // First of all it leaves the address bar, the history, and every screenshot.
  address.searchParams.delete('session');
  history.replaceState(null, '', address);
  await render();
  await (sessionId ? exchange(sessionId) : arrive());
}

/** Spends the session ID. The key makes it safe to repeat: a lost answer locks nobody out. */
async function exchange(sessionId) {
  const { status, body } = await call('exchangeSession', {
    title: 'The portal page exchanges the session ID for a cookie',
    reason: 'It has taken the ID out of the address bar. The ID is spent now; the Idempotency-Key makes it safe to repeat this very call.',
    body: { sessionId },
    headers: { 'Idempotency-Key': crypto.randomUUID() },
    setCookie: SET_BY_BROWSER,
  });
  if (status === 200) signedIn(body.data.session);
  else over('This link no longer works', body);
}

/** Came without a session ID: there may be a cookie already. Otherwise the way leads home. */
async function arrive() {
  const [visit] = performance.getEntriesByType('navigation');
  if (visit?.type === 'reload') await action('You reloaded the portal');
  else if (!HOSTED) await action('You came to the portal without a session ID');
  const { status, body } = await getSession('The portal page asks who is there');
  if (status === 200) signedIn(body.data);
  else if (body.error?.redirectUrl) location.replace(body.error.redirectUrl);
  else over('There is no session', body);
}

// The calls.

function getSession(title) {
  return call('getSession', {
    title,
    reason: HOSTED
      ? "Vestibule's own page sets the cookie, and this page never sees a session ID. The cookie goes along by itself."
      : 'The cookie goes along by itself. The answer says who it is and what they may do, or where home is.',
  });
}

/** One call of the gateway; the journal is told what was sent and what came back. */
async function call(verb, { title, reason, body, headers = {}, setCookie }) {
  const method = body ? 'POST' : 'GET';
  const url = `${places.gateway}/v2/portal.${verb}${verb === 'exchangeSession' ? '' : `?slug=${SLUG}`}`;
  const sent = { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }), ...headers };
  const options = { method, headers: sent, credentials: 'include', body: body && JSON.stringify(body) };
  const response = await fetch(url, options).catch(() => fetch(url, options));
  const answer = await response.json();
  const shown = [['Origin', location.origin], ...Object.entries(sent)];
  if (verb !== 'exchangeSession') shown.push(['Cookie', SENT_BY_BROWSER]);
  await tell('/journal', {
    kind: 'step',
    actor: 'portal',
    title,
    reason,
    request: { method, url, headers: shown, body },
    answer: { status: response.status, headers: response.ok && setCookie ? [['Set-Cookie', setCookie]] : [], body: answer },
  });
  await render();
  return { status: response.status, body: answer };
}

const action = (title) => tell('/journal', { kind: 'action', title });

// What is shown.

async function render() {
  const state = await refresh('portal');
  places = state.places;
  skew = state.nowMs - Date.now();
  showTimeLeft();
}

function signedIn(data) {
  session = data;
  lastHandle = data.id;
  byId('timeline').replaceChildren();
  const { name = data.externalId, organization = data.externalOrganizationId } = data.metadata ?? {};
  byId('first-name').textContent = name.split(' ')[0];
  byId('person').replaceChildren(...person({ name, organization, email: data.email ?? '' }));
  byId('handle').textContent = data.id;
  byId('permissions').replaceChildren(...permissions(data.permissions));
  byId('features').replaceChildren(...FEATURES.map(feature));
  byId('result').textContent = '';
  byId('ended').textContent = '';
  showTimeLeft();
  show('signed-in');
}

function feature([label, asked]) {
  const allowed = holds(session.permissions, asked);
  const needs = element('small', {}, allowed ? asked : `needs ${asked}`);
  const button = element('button', { type: 'button', 'aria-disabled': String(!allowed) }, label, needs);
  button.addEventListener('click', attempt(() => use(label, asked)));
  return button;
}

/** Whether a held permission covers the asked one: by segments, `*` for any one of them, `*` alone for all. */
function holds(held, asked) {
  const segments = (text) => text.split(/[.:]/);
  const covers = (one) => one === '*' || (segments(one).length === segments(asked).length
    && segments(one).every((segment, at) => segment === '*' || segment === segments(asked)[at]));
  return held.some(covers);
}

async function use(label, asked) {
  await action(`You clicked “${label}” in the portal`);
  if (!(await check('The portal page asks who is there before it does anything'))) return;
  const allowed = holds(session.permissions, asked);
  byId('result').className = allowed ? 'result good' : 'result bad';
  byId('result').textContent = allowed ? `${label}: allowed. The session holds ${asked}.` : `${label}: refused. The session does not hold ${asked}.`;
}

/** Whether the session still lives; shows that it is over if not. */
async function check(title) {
  const { status, body } = await getSession(title);
  if (status === 200) session = body.data;
  else over('Your session is over', body);
  return status === 200;
}

function showTimeLeft() {
  if (!session) return;
  const left = Math.max(0, session.expiresAt - Date.now() - skew);
  byId('left').textContent = duration(left);
  byId('life').max = session.expiresAt - session.exchangedAt;
  byId('life').value = left;
}

function over(title, { error }) {
  session = null;
  offerTimeline();
  const home = error?.redirectUrl;
  byId('over-title').textContent = title;
  byId('over-text').textContent = home
    ? `Vestibule answered 401, and where home is. A real portal goes there at once; here you may read the answer first. At home you are still logged in, so the app sends you straight back with a new session.`
    : `Vestibule answered: ${error?.detail}`;
  byId('over-links').replaceChildren(link(home ?? places.app, home ? 'Go home' : 'Go to the app', 'primary'));
  show('over');
  byId('main').focus({ preventScroll: true });
  scrollTo(0, 0);
}

const link = (href, text, kind) => element('a', { href, className: `button ${kind}` }, text);

// How it ends.

async function logOut() {
  await action('You logged out of the portal');
  const { status, body } = await call('endSession', {
    title: 'The portal page ends the session',
    reason: 'The session is gone from the gateway, and the cookies from the browser.',
    body: {},
    setCookie: `portal_session_${SLUG}=; Max-Age=0 (the browser forgets it)`,
  });
  if (status !== 200) return over('Your session is over', body);
  session = null;
  offerTimeline();
  byId('over-title').textContent = 'You are logged out of the portal';
  byId('over-text').textContent = 'In the app you still are logged in: a new session is one click away. Coming back without one leads home, too.';
  byId('over-links').replaceChildren(link(body.data.returnUrl ?? places.app, 'Back to the app', 'primary'), link(location.pathname, 'Come back without a session', ''));
  show('over');
  byId('main').focus({ preventScroll: true });
  scrollTo(0, 0);
}

async function revoke() {
  const user = new URLSearchParams({ user: session.externalId });
  await ask(`${places.app}/revoke`, { method: 'POST', credentials: 'include', body: user });
  await check('The portal page asks who is there');
}

async function revokeOthers() {
  const others = new URLSearchParams({ user: session.externalId, except: session.id });
  const { revoked } = await ask(`${places.app}/revoke-others`, { method: 'POST', credentials: 'include', body: others });
  await check('The portal page asks who is there: this session goes on');
  byId('ended').className = 'result good';
  byId('ended').textContent = `Signed out everywhere else: ${revoked} ${revoked === 1 ? 'session' : 'sessions'} ended.`;
}

// What a support desk sees.

function offerTimeline() {
  byId('timeline-over').replaceChildren();
  byId('explain-over').hidden = !lastHandle;
}

async function explain(place) {
  const explained = await ask(`${places.app}/explain`, { method: 'POST', credentials: 'include', body: new URLSearchParams({ id: lastHandle }) });
  await render();
  const time = (at) => element('time', { dateTime: new Date(at).toISOString() }, new Date(at).toLocaleTimeString());
  const events = explained.events.map(({ at, sentence }) => element('li', {}, time(at), ` ${sentence}`));
  byId(place).replaceChildren(
    element('p', {}, element('strong', {}, explained.state), `: ${explained.sentence}`),
    element('ol', {}, ...events),
  );
}

async function expire() {
  await action('You clicked “Expire now”');
  await tell('/expire', { expiresAt: session.expiresAt });
  await check('The portal page asks who is there');
}

function attempt(work) {
  return () => work().catch((error) => {
    byId('over-title').textContent = 'Something does not answer';
    byId('over-text').textContent = `${error.message}. Is “vestibule dev” still running?`;
    byId('over-links').replaceChildren(link(location.pathname, 'Try again', 'primary'));
    show('over');
  });
}

byId('log-out').addEventListener('click', attempt(logOut));
byId('revoke').addEventListener('click', attempt(revoke));
byId('expire').addEventListener('click', attempt(expire));
byId('revoke-others').addEventListener('click', attempt(revokeOthers));
byId('explain').addEventListener('click', attempt(() => explain('timeline')));
byId('explain-over').addEventListener('click', attempt(() => explain('timeline-over')));
setInterval(showTimeLeft, 1000);
begin(attempt(render));
attempt(enter)();
