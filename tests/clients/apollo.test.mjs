// Apollo Client as a front end uses it: queries, mutations, persisted queries, and
// subscriptions over both of its transports.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { PAGE_EVENTS, post, SAVE, url, writer, wsUrl } from './support.mjs';

// As in a browser: the link compares with its constants.
globalThis.WebSocket ??= WebSocket;

const PAGE = gql`query Page($id: ID!) { page(id: $id) { id content } }`;
const HEALTH = gql`query Health { health { version } }`;

function apollo(t, link) {
  const client = new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { query: { fetchPolicy: 'no-cache' } } });
  t.after(() => client.stop());
  return client;
}

const http = (token, options = {}) =>
  new HttpLink({ uri: url, headers: token ? { authorization: `Bearer ${token}` } : {}, ...options });

/** The results of a subscription, one `next()` at a time. */
function results(observable) {
  const queue = [];
  const waiting = [];
  const settle = (kind, value) => {
    const next = waiting.shift();
    if (next) next[kind](value);
    else queue.push([kind, value]);
  };
  const subscription = observable.subscribe({
    next: (value) => settle('resolve', value),
    error: (error) => settle('reject', error),
    complete: () => settle('resolve', undefined),
  });
  return {
    stop: () => subscription.unsubscribe(),
    next: () =>
      new Promise((resolve, reject) => {
        const settled = queue.shift();
        if (!settled) waiting.push({ resolve, reject });
        else if (settled[0] === 'resolve') resolve(settled[1]);
        else reject(settled[1]);
      }),
  };
}

test('queries and mutations', async (t) => {
  const author = await writer();
  const client = apollo(t, http(author.token));
  const input = { pageId: author.pageId, baseRevisionId: author.revision.id, content: 'by Apollo\n' };
  const saved = await client.mutate({ mutation: gql(SAVE), variables: { input } });
  assert.equal(saved.data.savePage.revision.content, 'by Apollo\n');
  const read = await client.query({ query: PAGE, variables: { id: author.pageId } });
  assert.equal(read.data.page.content, 'by Apollo\n');
});

test('errors reach the caller with their codes', async (t) => {
  const client = apollo(t, http('nonsense'));
  await assert.rejects(client.query({ query: HEALTH }), (error) => {
    assert.equal(error.errors[0].extensions.code, 'UNAUTHENTICATED');
    return true;
  });
  const anonymous = apollo(t, http());
  await assert.rejects(anonymous.query({ query: gql`{ nothingOfThatName }` }), (error) => {
    assert.equal(error.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    return true;
  });
});

for (const useGETForHashedQueries of [false, true]) {
  test(`persisted queries, by ${useGETForHashedQueries ? 'GET' : 'POST'}`, async (t) => {
    const sent = [];
    const spy = (target, options) => {
      sent.push([options.method, String(options.body ?? target).includes('query Persisted')]);
      return fetch(target, options);
    };
    const sha256 = (text) => createHash('sha256').update(text).digest('hex');
    const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries });
    const client = apollo(t, ApolloLink.from([persisted, http(undefined, { fetch: spy })]));
    const query = gql(`query Persisted${process.pid}x${Date.now()} { health { version } }`);
    for (const _ of [1, 2]) {
      assert.ok((await client.query({ query })).data.health.version);
    }
    const hashed = useGETForHashedQueries ? 'GET' : 'POST';
    const sentText = sent.map(([method, text]) => [method, useGETForHashedQueries && method === 'GET' ? false : text]);
    assert.deepEqual(sentText, [[hashed, false], [sent[1][0], true], [hashed, false]]);
  });
}

const transports = {
  'graphql-transport-ws': (t, token) => {
    const client = createClient({ url: wsUrl, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${token}` } });
    t.after(() => client.dispose());
    return new GraphQLWsLink(client);
  },
  'multipart HTTP': (_, token) => http(token),
};

for (const [name, link] of Object.entries(transports)) {
  test(`subscriptions over ${name}`, async (t) => {
    const author = await writer();
    const client = apollo(t, link(t, author.token));
    const query = gql(PAGE_EVENTS);
    const variables = { pageId: author.pageId, afterRevision: author.revision.number };
    const first = results(client.subscribe({ query, variables }));
    const saved = await author.save('second\n', 'editor-1');
    const event = (await first.next()).data.pageEvents;
    assert.equal(event.kind, 'SAVED');
    assert.equal(event.revision.number, saved.number);
    first.stop();

    const missed = await author.save('third\n');
    const after = { pageId: author.pageId, after: event.cursor };
    const again = results(client.subscribe({ query, variables: after, fetchPolicy: 'no-cache' }));
    assert.equal((await again.next()).data.pageEvents.revision.number, missed.number);
    again.stop();
  });

  test(`a subscription over ${name} that may not start fails`, async (t) => {
    const author = await writer();
    const client = apollo(t, link(t, author.token));
    const failing = results(client.subscribe({ query: gql(PAGE_EVENTS), variables: { pageId: 'nowhere' } }));
    const result = await failing.next().catch((error) => ({ error }));
    assert.ok(result.error.errors[0].extensions.code);
    failing.stop();
  });
}

test('the parts of a multipart answer', async () => {
  const accept = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0, application/json';
  const query = 'subscription { pageEvents(pageId: "nowhere") { kind } }';
  const answer = await post({ query }, { accept });
  assert.equal(answer.headers.get('content-type'), 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const parts = answer.text.split('\r\n--graphql');
  assert.equal(parts[0], '');
  assert.equal(parts.at(-1), '--\r\n');
  const [heartbeat, failed] = parts.slice(1, -1).map((part) => {
    const [headers, body] = part.split('\r\n\r\n');
    assert.equal(headers, '\r\ncontent-type: application/json');
    return JSON.parse(body);
  });
  assert.deepEqual(heartbeat, {});
  assert.ok(failed.payload.errors[0].extensions.code);
  // A query is answered without parts.
  const single = await post({ query: '{ health { version } }' }, { accept });
  assert.ok(single.json.data.health.version);
});
