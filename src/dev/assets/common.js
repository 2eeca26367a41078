// What all demo pages show: the three parts, a person, and the story of what just happened.

const ACTORS = {
  app: 'Your backend',
  component: 'Component',
  portal: 'Portal page',
  browser: 'Browser',
  playground: 'Playground',
};

/** An element with properties and children. Texts only ever become text. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A long address may end a line after what parts it, and not between any two letters. */
const breakable = (text) => text.split(/(?<=[/.,?=&_:-])/).flatMap((part) => [part, element('wbr')]);

export const byId = (id) => document.getElementById(id);

/** Shows one section of the page and hides the others. */
export function show(id) {
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== id;
}

/** This site's own server: what it knows, and what it is told. */
export async function ask(path, options = {}) {
  const response = await fetch(path, options);
  if (response.ok) return response.status === 204 ? null : response.json();
  const { message } = await response.json().catch(() => ({}));
  throw new Error(message ?? `The playground answered ${response.status}.`);
}

/** Posts JSON to this site's own server. */
export function tell(path, value) {
  const headers = { 'Content-Type': 'application/json' };
  return ask(path, { method: 'POST', headers, body: JSON.stringify(value) });
}

/** Fetches the state of the playground and shows what both pages have in common. */
export async function refresh(here) {
  const state = await ask('/state');
  byId('places').replaceChildren(...places(state.places, here));
  byId('story').replaceChildren(...story(state.journal));
  return state;
}

/** The "Clear" button, and a fresh look whenever somebody comes back to this tab. */
export function begin(render) {
  byId('clear').addEventListener('click', async () => {
    await ask('/journal/clear', { method: 'POST' });
    await render();
  });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && render());
}

function places(origins, here) {
  const parts = [
    ['app', 'Demo app', 'your product', origins.app],
    ['gateway', 'Vestibule', 'the gateway', origins.gateway],
    ['portal', 'Demo portal', 'for your customers', origins.portal],
  ];
  return parts.map(([id, name, role, origin]) => {
    const isHere = id === here;
    const link = element(
      'a',
      { href: id === 'gateway' ? `${origin}/docs` : `${origin}/` },
      element('strong', {}, name),
      element('span', {}, isHere ? 'you are here' : role),
      element('code', {}, element('span', {}, 'localhost'), `:${new URL(origin).port}`),
    );
    if (isHere) link.setAttribute('aria-current', 'page');
    return element('li', { className: `place ${id}` }, link);
  });
}

/** Name, organisation and address of somebody. */
export function person({ name, role, email, organization }) {
  const about = [role, organization].filter(Boolean).join(', ');
  return [
    avatar(name),
    element('span', { className: 'who' }, element('strong', {}, name), element('span', {}, about), element('span', {}, email)),
  ];
}

export function avatar(name) {
  const initials = name.split(' ').map((word) => word[0]).join('');
  return element('span', { className: 'avatar', 'aria-hidden': 'true' }, initials);
}

/** Permissions in a row. */
export function permissions(held) {
  const all = held.includes('*') ? ['(everything)'] : [];
  return [...held.flatMap((it) => [element('code', { className: 'permission' }, it), ' ']), ...all];
}

function story(entries) {
  const chapters = [];
  for (const entry of entries) {
    if (entry.kind === 'action' || chapters.length === 0) chapters.push({ title: entry.title, steps: [] });
    if (entry.kind === 'step') chapters.at(-1).steps.push(entry);
  }
  if (chapters.length === 0) {
    const words = 'Nothing yet. Whatever you click, the requests and answers behind it appear here; secrets are cut short.';
    return [element('p', { className: 'empty' }, words)];
  }
  return chapters.reverse().map((chapter, index) => {
    const steps = chapter.steps.map((step, at) => element('li', {}, renderStep(step, at + 1, isNewest(index, at, chapter))));
    return element(
      'section',
      { className: index === 0 ? 'chapter newest' : 'chapter' },
      element('h3', {}, chapter.title),
      element('ol', {}, ...steps),
    );
  });
}

/** Only the last step is open, so that the story stays short on a phone. */
const isNewest = (index, at, { steps }) => index === 0 && at === steps.length - 1;

function renderStep(step, number, open) {
  const { request, answer } = step;
  const call = request && `${request.method} ${path(request.url)}`;
  const summary = element(
    'summary',
    {},
    element('span', { className: `actor ${step.actor}` }, ACTORS[step.actor]),
    element('span', { className: 'title' }, `${number}. ${step.title}`),
    element('span', { className: 'call' }, call ? element('code', {}, ...breakable(call)) : null, answer ? status(answer.status) : null),
  );
  const parts = [summary, element('p', {}, step.reason)];
  if (request) parts.push(message(`${request.method} ${request.url}`, request));
  if (answer) parts.push(message(`${answer.status} ${STATUS[answer.status] ?? ''}`, answer));
  return element('details', { open }, ...parts);
}

const STATUS = { 200: 'OK', 303: 'See Other', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden',
  404: 'Not Found', 429: 'Too Many Requests', 503: 'Service Unavailable' };

function status(code) {
  return element('span', { className: code < 400 ? 'status good' : 'status bad' }, String(code));
}

function path(url) {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function message(first, { headers, body }) {
  const text = element('code', {}, element('b', {}, ...breakable(first)));
  for (const [name, value] of headers) text.append('\n', element('i', {}, `${name}: `), ...breakable(value));
  if (body !== undefined) text.append('\n\n', ...json(body));
  return element('pre', {}, text);
}

/** A value as coloured JSON. */
export const json = (value) => coloured(pretty(value));

/** Such as `1 h 59 min 3 s`. */
export function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min ${seconds % 60} s`;
}

const LINE_LENGTH = 52;

/** JSON with a line for whatever fits in one, so that a whole step can be seen at once. */
function pretty(value, indent = '') {
  const flat = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
  if (value === null || typeof value !== 'object' || indent.length + flat.length <= LINE_LENGTH) return flat;
  const inner = `${indent}  `;
  const list = Array.isArray(value);
  const lines = list
    ? value.map((it) => inner + pretty(it, inner))
    : Object.entries(value).map(([name, it]) => `${inner}${JSON.stringify(name)}: ${pretty(it, inner)}`);
  return `${list ? '[' : '{'}\n${lines.join(',\n')}\n${indent}${list ? ']' : '}'}`;
}

/** The names of the fields stand out from their values. */
function coloured(json) {
  const parts = json.split(/("(?:[^"\\]|\\.)*":)/);
  return parts.flatMap((part, at) => (at % 2 ? element('i', {}, part) : breakable(part)));
}
