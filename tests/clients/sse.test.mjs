// GraphQL over SSE in its distinct connections mode: with its reference client, and by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { codeOf, get, PAGE_EVENTS, post, url, writer } from './support.mjs';

const STREAM = { accept: 'text/event-stream' };
const HEALTH = '{ health { version } }';

function client(t, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const made = createClient({ url, headers, retryAttempts: 0 });
  t.after(() => made.dispose());
  return made;
}

test('page events arrive, and what was missed comes first', async (t) => {
  const author = await writer();
  const made = client(t, author.token);
  const variables = { pageId: author.pageId, afterRevision: author.revision.number };
  const first = made.iterate({ query: PAGE_EVENTS, variables });
  const saved = await author.save('second\n');
  const event = (await first.next()).value.data.pageEvents;
  assert.equal(event.kind, 'SAVED');
  assert.deepEqual(event.revision, saved);
  await first.return();

  const missed = await author.save('third\n');
  const again = made.iterate({ query: PAGE_EVENTS, variables: { pageId: author.pageId, after: event.cursor } });
  assert.deepEqual((await again.next()).value.data.pageEvents.revision, missed);
  await again.return();
});

test('queries are answered once, and request errors within the stream', async (t) => {
  const made = client(t);
  const results = [];
  for await (const result of made.iterate({ query: HEALTH })) results.push(result);
  assert.equal(results.length, 1);
  assert.ok(results[0].data.health.version);
  for (const [query, code] of [['{', 'GRAPHQL_PARSE_FAILED'], ['{ nothingOfThatName }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { nothingOfThatName }', 'GRAPHQL_VALIDATION_FAILED']]) {
    const errors = [];
    for await (const result of made.iterate({ query })) errors.push(result);
    assert.equal(errors.length, 1);
    assert.equal(errors[0].errors[0].extensions.code, code);
    assert.ok(!('data' in errors[0]));
  }
});

test('the stream is what an event source expects', async () => {
  for (const answer of [await post({ query: HEALTH }, STREAM), await get({ query: HEALTH }, STREAM)]) {
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('x-accel-buffering'), 'no');
    assert.match(answer.text, /^:\n\nevent: next\ndata: \{"data":.*\}\n\nevent: complete\ndata: \n\n$/);
  }
});

test('a subscription that may not start is an error within the stream', async () => {
  const answer = await post({ query: PAGE_EVENTS, variables: { pageId: 'nowhere' } }, STREAM);
  assert.match(answer.text, /"code":"[A-Z_]+"/);
  assert.ok(answer.text.endsWith('event: complete\ndata: \n\n'));
});

test('what is wrong with the request itself is said by status', async () => {
  const malformed = await post('{', STREAM);
  assert.equal(malformed.status, 400);
  const mutation = await get({ query: 'mutation { __typename }' }, STREAM);
  assert.equal(mutation.status, 405);
  const token = await post({ query: HEALTH }, { ...STREAM, authorization: 'Bearer nonsense' });
  assert.equal(token.status, 401);
  assert.equal(codeOf(token), 'UNAUTHENTICATED');
  const elsewhere = await get({ query: HEALTH }, { ...STREAM, origin: 'https://elsewhere.example' });
  assert.equal(elsewhere.status, 403);
});

test('a silent stream gives signs of life', async () => {
  const author = await writer();
  const aborter = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...STREAM, 'content-type': 'application/json', authorization: `Bearer ${author.token}` },
    body: JSON.stringify({ query: PAGE_EVENTS, variables: { pageId: author.pageId } }),
    signal: aborter.signal,
  });
  const reader = response.body.getReader();
  for (const _ of [1, 2]) {
    const { value } = await reader.read();
    assert.equal(Buffer.from(value).toString(), ':\n\n');
  }
  aborter.abort();
});
