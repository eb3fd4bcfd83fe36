// graphql-transport-ws: with its reference client, and message by message.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { acknowledged, origin, PAGE_EVENTS, raw, SAVE, writer, wsUrl } from './support.mjs';

const HEALTH = '{ health { version } }';
const NOWHERE = { pageId: 'nowhere' };

function client(t, connectionParams, options = {}) {
  const made = createClient({ url: wsUrl, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0, ...options });
  t.after(() => made.dispose());
  return made;
}

test('page events arrive, and what was missed comes first', async (t) => {
  const author = await writer();
  const authorization = `Bearer ${author.token}`;
  const variables = { pageId: author.pageId, afterRevision: author.revision.number };

  const first = client(t, { authorization }).iterate({ query: PAGE_EVENTS, variables });
  const saved = await author.save('second\n', 'editor-1');
  const { value } = await first.next();
  const event = value.data.pageEvents;
  assert.equal(event.kind, 'SAVED');
  assert.equal(event.clientId, 'editor-1');
  assert.deepEqual(event.revision, saved);
  await first.return();

  const missed = await author.save('third\n');
  const again = client(t, { token: author.token }).iterate({
    query: PAGE_EVENTS,
    variables: { pageId: author.pageId, after: event.cursor },
  });
  assert.deepEqual((await again.next()).value.data.pageEvents.revision, missed);
  const live = await author.save('fourth\n');
  assert.deepEqual((await again.next()).value.data.pageEvents.revision, live);
  await again.return();
});

test('queries and mutations are answered once', async (t) => {
  const author = await writer();
  const made = client(t, { Authorization: `Bearer ${author.token}` });
  const results = [];
  for await (const result of made.iterate({ query: HEALTH })) results.push(result);
  assert.equal(results.length, 1);
  assert.ok(results[0].data.health.version);
  const input = { pageId: author.pageId, baseRevisionId: author.revision.id, content: 'over a socket\n' };
  for await (const { data } of made.iterate({ query: SAVE, variables: { input } })) {
    assert.equal(data.savePage.revision.content, 'over a socket\n');
  }
});

test('request errors end the operation and not the connection', async (t) => {
  const made = client(t);
  for (const [query, code] of [['{', 'GRAPHQL_PARSE_FAILED'], ['{ nothingOfThatName }', 'GRAPHQL_VALIDATION_FAILED']]) {
    await assert.rejects(made.iterate({ query }).next(), (errors) => {
      assert.equal(errors[0].extensions.code, code);
      return true;
    });
  }
  assert.ok((await made.iterate({ query: HEALTH }).next()).value.data.health);
});

test('a subscription that may not start is an error', async () => {
  const connection = await acknowledged();
  connection.send({ type: 'subscribe', id: '1', payload: { query: PAGE_EVENTS, variables: NOWHERE } });
  const message = await connection.next();
  assert.equal(message.type, 'error');
  assert.equal(message.id, '1');
  assert.ok(message.payload[0].extensions.code);
  connection.socket.close();
});

test('a token from the upgrade is enough', async () => {
  const author = await writer();
  const headers = { authorization: `Bearer ${author.token}` };
  const connection = raw('graphql-transport-ws', { headers });
  await connection.opened;
  connection.send({ type: 'connection_init' });
  assert.equal((await connection.next()).type, 'connection_ack');
  connection.send({ type: 'subscribe', id: '1', payload: { query: '{ viewer { username } }' } });
  assert.equal((await connection.next()).payload.data.viewer.username, author.username);
  connection.socket.close();
});

for (const payload of [{ authorization: 'Bearer nonsense' }, { token: 'nonsense' }, { authorization: 'Basic YTpi' }]) {
  test(`bad credentials are forbidden: ${JSON.stringify(payload)}`, async () => {
    const connection = raw();
    await connection.opened;
    connection.send({ type: 'connection_init', payload });
    assert.deepEqual(await connection.closed, { code: 4403, reason: 'Forbidden' });
  });
}

test('without a subprotocol the socket is closed with 4406', async () => {
  const connection = raw(null);
  assert.equal((await connection.closed).code, 4406);
});

test('the old subprotocol is not spoken', async () => {
  await assert.rejects(raw('graphql-ws').opened, /subprotocol/);
});

test('another web site cannot open a socket', async () => {
  await assert.rejects(raw('graphql-transport-ws', { origin: 'https://elsewhere.example' }).opened, /403/);
  const own = raw('graphql-transport-ws', { origin });
  await own.opened;
  own.socket.close();
});

test('a client that does not initialise is closed with 4408', async () => {
  assert.equal((await raw().closed).code, 4408);
});

test('a second initialisation is closed with 4429', async () => {
  const connection = await acknowledged();
  connection.send({ type: 'connection_init' });
  assert.equal((await connection.closed).code, 4429);
});

test('an operation before the acknowledgement is closed with 4401', async () => {
  const connection = raw();
  await connection.opened;
  connection.send({ type: 'subscribe', id: '1', payload: { query: HEALTH } });
  assert.equal((await connection.closed).code, 4401);
});

for (const message of ['x', '[]', '{}', '{"type":"start"}', '{"type":"subscribe","id":"1"}',
  '{"type":"subscribe","id":"1","payload":{}}', '{"type":"subscribe","id":"","payload":{"query":"{a}"}}',
  '{"type":"subscribe","id":"1","payload":{"query":1}}', '{"type":"ping","payload":1}', '{"type":"complete"}']) {
  test(`an invalid message is closed with 4400: ${message}`, async () => {
    const connection = await acknowledged();
    connection.send(message);
    assert.equal((await connection.closed).code, 4400);
  });
}

test('a binary message is closed with 4400', async () => {
  const connection = await acknowledged();
  connection.socket.send(Buffer.from('{"type":"ping"}'));
  assert.equal((await connection.closed).code, 4400);
});

test('a message over the limit is closed with 1009', async () => {
  const connection = await acknowledged();
  connection.send({ type: 'ping', payload: { text: 'x'.repeat(17 * 1024 * 1024) } });
  assert.equal((await connection.closed).code, 1009);
});

test('an id in use is closed with 4409, a free one can be used again', async () => {
  const author = await writer();
  const connection = await acknowledged({ token: author.token });
  for (const _ of [1, 2]) {
    connection.send({ type: 'subscribe', id: 'a', payload: { query: HEALTH } });
    assert.equal((await connection.next()).type, 'next');
    assert.deepEqual(await connection.next(), { type: 'complete', id: 'a' });
  }
  const payload = { query: PAGE_EVENTS, variables: { pageId: author.pageId } };
  connection.send({ type: 'subscribe', id: 'b', payload });
  connection.send({ type: 'complete', id: 'b' });
  connection.send({ type: 'complete', id: 'unknown' });
  connection.send({ type: 'subscribe', id: 'b', payload });
  connection.send({ type: 'subscribe', id: 'b', payload });
  assert.deepEqual(await connection.closed, { code: 4409, reason: 'Subscriber for b already exists' });
});

test('pings are answered with their payload, and the server pings itself', async () => {
  const connection = await acknowledged();
  connection.send({ type: 'ping' });
  assert.deepEqual(await connection.next(), { type: 'pong' });
  connection.send({ type: 'ping', payload: { a: 1 } });
  assert.deepEqual(await connection.next(), { type: 'pong', payload: { a: 1 } });
  connection.send({ type: 'pong' });
  await new Promise((resolve) => connection.socket.once('ping', resolve));
  connection.socket.close();
});

test('after complete nothing more arrives', async () => {
  const author = await writer();
  const connection = await acknowledged({ token: author.token });
  const variables = { pageId: author.pageId, afterRevision: author.revision.number };
  connection.send({ type: 'subscribe', id: '1', payload: { query: PAGE_EVENTS, variables } });
  await author.save('second\n');
  assert.equal((await connection.next()).id, '1');
  connection.send({ type: 'complete', id: '1' });
  connection.send({ type: 'ping' });
  assert.equal((await connection.next()).type, 'pong');
  await author.save('third\n');
  connection.send({ type: 'subscribe', id: '2', payload: { query: HEALTH } });
  assert.equal((await connection.next()).id, '2');
  connection.socket.close();
});

test('a connection has at most 100 operations at a time', async () => {
  const author = await writer();
  const connection = await acknowledged({ token: author.token });
  const payload = { query: PAGE_EVENTS, variables: { pageId: author.pageId } };
  for (let id = 0; id < 101; id += 1) connection.send({ type: 'subscribe', id: String(id), payload });
  const message = await connection.next();
  assert.equal(message.type, 'error');
  assert.equal(message.id, '100');
  assert.equal(message.payload[0].extensions.code, 'TOO_MANY_OPERATIONS');
  connection.send({ type: 'complete', id: '0' });
  connection.send({ type: 'subscribe', id: '100', payload: { query: HEALTH } });
  assert.equal((await connection.next()).type, 'next');
  connection.socket.close();
});

test('persisted queries work here too', async () => {
  const query = `query W${process.pid}x${Date.now()} { health { version } }`;
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  const connection = await acknowledged();
  connection.send({ type: 'subscribe', id: '1', payload: { extensions } });
  assert.equal((await connection.next()).payload[0].extensions.code, 'PERSISTED_QUERY_NOT_FOUND');
  connection.send({ type: 'subscribe', id: '1', payload: { query, extensions } });
  assert.ok((await connection.next()).payload.data.health);
  assert.equal((await connection.next()).type, 'complete');
  connection.send({ type: 'subscribe', id: '1', payload: { extensions } });
  assert.ok((await connection.next()).payload.data.health);
  connection.socket.close();
});
