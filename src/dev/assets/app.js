// The demo app's page. What the backend does, it does in src/dev/demo_app.rs.

import { ask, avatar, begin, byId, element, permissions, person, refresh, show, tell } from '/common.js';

let user = null;

async function render() {
  const state = await refresh('app');
  user = state.user;
  const query = new URLSearchParams(location.search);
  if (query.has('failed')) banner('Vestibule made no session. Its answer is among what just happened.');
  if (user) {
    byId('first-name').textContent = user.name.split(' ')[0];
    const logOut = element('form', { method: 'post', action: '/log-out' }, element('button', { className: 'quiet' }, 'Log out of the app'));
    byId('person').replaceChildren(...person(user), logOut);
    // A portal of the developer's own always has Vestibule's page before it.
    document.querySelector('[value=hosted-portal]').hidden = state.hasOwnPortal;
    show('logged-in');
  } else {
    if (query.has('reason')) banner('The portal sent you home for a session. Log in, and you go straight back.');
    byId('log-in').replaceChildren(...state.users.map(choice), ...onward(query));
    show('logged-out');
  }
}

function banner(words) {
  byId('banner').replaceChildren(element('p', { className: 'banner' }, words));
}

function choice(person) {
  return element(
    'button',
    { className: 'card choice', name: 'user', value: person.id },
    avatar(person.name),
    element('strong', {}, person.name),
    element('span', {}, `${person.role}, ${person.organization}`),
    element('span', { className: 'may' }, 'may ', ...permissions(person.permissions)),
  );
}

/** Somebody whom the portal sent home goes back to it after the login. */
function onward(query) {
  if (!query.has('reason')) return [];
  return [element('input', { type: 'hidden', name: 'portal', value: query.get('portal') ?? 'my-portal' })];
}

function sessionRow(session, now) {
  const left = Math.max(0, Math.round((session.expiresAt - now) / 60000));
  return element(
    'tr',
    {},
    element('td', {}, element('code', {}, session.id)),
    element('td', {}, session.portal),
    element('td', {}, element('span', { className: `state ${session.state}` }, session.state)),
    element('td', {}, `${Math.floor(left / 60)} h ${left % 60} min`),
  );
}

async function list() {
  const body = new URLSearchParams({ user: user.id });
  const { sessions } = await ask('/sessions', { method: 'POST', body });
  const { nowMs } = await refresh('app');
  const head = ['Session', 'Portal', 'State', 'Time left'].map((name) => element('th', { scope: 'col' }, name));
  const rows = sessions.map((session) => sessionRow(session, nowMs));
  byId('sessions').replaceChildren(
    rows.length === 0
      ? element('p', { className: 'result' }, 'There is no session. Open the portal to begin one.')
      : element('div', { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Sessions' },
          element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows))),
  );
}

async function revoke() {
  const body = new URLSearchParams({ user: user.id });
  const { revoked } = await ask('/revoke', { method: 'POST', body });
  await refresh('app');
  const words = revoked === 0 ? 'There was no session to revoke.' : `Revoked: ${revoked}. The portal learns it with its next request.`;
  byId('sessions').replaceChildren(element('p', { className: 'result' }, words));
}

function attempt(work) {
  return () => work().catch((error) => banner(error.message));
}

byId('list').addEventListener('click', attempt(async () => {
  await tell('/journal', { kind: 'action', title: 'You asked for the list of your sessions' });
  await list();
}));
byId('revoke').addEventListener('click', attempt(revoke));
begin(attempt(render));
attempt(render)();
