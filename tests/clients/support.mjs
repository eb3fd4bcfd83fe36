// What the tests share: where Pluma is, and a user with a page to write on.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';

export const origin = process.env.PLUMA_URL ?? 'http://127.0.0.1:8000';
export const url = new URL('/graphql', origin).href;
export const wsUrl = url.replace(/^http/, 'ws');

export const PAGE_EVENTS = /* GraphQL */ `
  subscription PageEvents($pageId: ID!, $after: String, $afterRevision: Int) {
    pageEvents(pageId: $pageId, after: $after, afterRevision: $afterRevision) {
      cursor
      kind
      clientId
      revision { id number content }
    }
  }
`;

/** Sends one POST and gives status, headers and body. */
export async function post(body, headers = {}, options = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    ...options,
  });
  return read(response);
}

/** Sends one GET with these parameters. */
export async function get(parameters, headers = {}) {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    target.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return read(await fetch(target, { headers }));
}

async function read(response) {
  const text = await response.text();
  const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

export const codeOf = (answer) => answer.json?.errors?.[0]?.extensions?.code;

/** Runs an operation that must succeed. */
export async function run(query, variables, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const { json } = await post({ query, variables }, headers);
  assert.equal(json.errors, undefined, JSON.stringify(json.errors));
  for (const payload of Object.values(json.data)) {
    assert.deepEqual(payload?.errors ?? [], []);
  }
  return json.data;
}

/** A new user with a notebook of one page. */
export async function writer() {
  const username = `w${randomBytes(8).toString('hex')}`;
  const input = {
    username,
    email: `${username}@example.org`,
    password: `correct horse ${username}`,
  };
  const { register } = await run(
    `mutation ($input: RegisterInput!) {
       register(input: $input) { user { username } accessToken errors { message } }
     }`,
    { input },
  );
  const token = register.accessToken;
  assert.ok(token);
  const { createNotebook } = await run(
    `mutation ($input: CreateNotebookInput!) {
       createNotebook(input: $input) { notebook { id } errors { message } }
     }`,
    { input: { title: 'Transports' } },
    token,
  );
  const { createPage } = await run(
    `mutation ($input: CreatePageInput!) {
       createPage(input: $input) {
         page { id currentRevision { id number } }
         errors { message }
       }
     }`,
    { input: { notebookId: createNotebook.notebook.id, title: 'One', content: 'first\n' } },
    token,
  );
  const pageId = createPage.page.id;
  let revision = createPage.page.currentRevision;
  return {
    username,
    token,
    pageId,
    get revision() {
      return revision;
    },
    /** Saves the page and gives the new revision. */
    async save(content, clientId) {
      const { savePage } = await run(SAVE, {
        input: { pageId, baseRevisionId: revision.id, content, clientId },
      }, token);
      revision = savePage.revision;
      return revision;
    },
  };
}

export const SAVE = /* GraphQL */ `
  mutation Save($input: SavePageInput!) {
    savePage(input: $input) { revision { id number content } errors { message } }
  }
`;

/** A bare WebSocket: what arrives is queued, `closed` has code and reason. */
export function raw(subprotocol = 'graphql-transport-ws', options = {}) {
  // `null` asks for none.
  const socket = subprotocol
    ? new WebSocket(wsUrl, subprotocol, options)
    : new WebSocket(wsUrl, options);
  const queue = [];
  const waiting = [];
  let end;
  const closed = new Promise((resolve) => {
    socket.on('close', (code, reason) => {
      end = { code, reason: reason.toString() };
      for (const { reject } of waiting.splice(0)) reject(new Error(`closed: ${code} ${end.reason}`));
      resolve(end);
    });
  });
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString());
    const next = waiting.shift();
    if (next) next.resolve(message);
    else queue.push(message);
  });
  const opened = new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return {
    socket,
    opened,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: () =>
      queue.length > 0
        ? Promise.resolve(queue.shift())
        : end
          ? Promise.reject(new Error(`closed: ${end.code} ${end.reason}`))
          : new Promise((resolve, reject) => waiting.push({ resolve, reject })),
  };
}

/** A bare WebSocket whose connection is acknowledged. */
export async function acknowledged(payload) {
  const connection = raw();
  await connection.opened;
  connection.send({ type: 'connection_init', payload });
  assert.equal((await connection.next()).type, 'connection_ack');
  return connection;
}
