// GraphQL over HTTP: its audit suite, and what the suite leaves out.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { codeOf, get, origin, post, run, url, writer, SAVE } from './support.mjs';

const GRAPHQL = 'application/graphql-response+json';
const HEALTH = '{ health { version } }';
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
/** A query that no earlier run has registered. */
const unique = () => `query Q${randomBytes(8).toString('hex')} { health { version } }`;

test('every audit of graphql-http is ok', async (t) => {
  const audits = serverAudits({ url, fetchFn: fetch });
  assert.equal(audits.length, 61);
  for (const audit of audits) {
    await t.test(`${audit.id} ${audit.name}`, async () => {
      const result = await audit.fn();
      assert.equal(result.status, 'ok', result.reason);
    });
  }
});

test('request errors have a code, no data, and the status of the media type', async () => {
  for (const [query, code] of [
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothingOfThatName }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
  ]) {
    for (const [accept, status] of [[GRAPHQL, 400], ['application/json', 200]]) {
      const answer = await post({ query }, { accept });
      assert.equal(answer.status, status, query);
      assert.ok(answer.headers.get('content-type').startsWith(accept));
      assert.equal(codeOf(answer), code);
      assert.ok(!('data' in answer.json));
    }
  }
});

test('what cannot be read is a coded 400', async () => {
  for (const body of ['', '{', 'null', '"a"', '{"query": 1}', '{"query": null}', '{"variables": {}}',
    `{"query": "{a}", "variables": ${'['.repeat(10_000)}`, Buffer.from('{"query": "\xff"}', 'latin1')]) {
    const answer = await post(body, { accept: 'application/json' });
    assert.equal(answer.status, 400, String(body).slice(0, 40));
    assert.match(codeOf(answer), /^BAD_/);
    assert.ok(!('data' in answer.json));
  }
  for (const parameters of [{}, { query: '{ __typename }', variables: '[' }, { query: '{ __typename }', extensions: '1' }]) {
    const answer = await get(parameters);
    assert.equal(answer.status, 400);
    assert.equal(codeOf(answer), 'BAD_USER_INPUT');
  }
});

test('other content types and character sets are refused, for mutations too', async () => {
  const mutation = 'mutation { logout { errors { message } } }';
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/graphql',
    'application/json; charset=iso-8859-1']) {
    const answer = await post({ query: mutation }, { 'content-type': type });
    assert.equal(answer.status, 415, type);
    assert.equal(codeOf(answer), 'UNSUPPORTED_MEDIA_TYPE');
  }
});

test('what the client cannot read is not sent', async () => {
  const answer = await post({ query: HEALTH }, { accept: 'text/html' });
  assert.equal(answer.status, 406);
  assert.equal(codeOf(answer), 'NOT_ACCEPTABLE');
  const refused = await post({ query: 'subscription { __typename }' });
  assert.equal(refused.status, 406);
  assert.match(refused.json.errors[0].message, /stream/);
});

test('GET is for queries', async () => {
  const query = await get({ query: 'query A { health { version } } mutation B { __typename }', operationName: 'A' });
  assert.equal(query.status, 200);
  assert.ok(query.json.data.health.version);
  const mutation = await get({ query: 'query A { __typename } mutation B { __typename }', operationName: 'B' });
  assert.equal(mutation.status, 405);
  assert.equal(mutation.headers.get('allow'), 'POST');
  assert.equal(codeOf(mutation), 'METHOD_NOT_ALLOWED');
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const other = await fetch(url, { method });
    assert.equal(other.status, 405);
    assert.equal(other.headers.get('allow'), 'GET, POST');
  }
});

test('batches are answered in order, within their limit', async () => {
  const one = { query: 'query ($n: String!) { __type(name: $n) { name } }' };
  const names = ['Query', 'Mutation', 'Nothing'];
  const answer = await post(names.map((n) => ({ ...one, variables: { n } })));
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json.map((item) => item.data.__type?.name ?? null), ['Query', 'Mutation', null]);

  const mixed = await post([{ query: HEALTH }, { query: '{' }, { query: 'subscription { __typename }' }]);
  assert.equal(mixed.status, 200);
  assert.deepEqual(
    mixed.json.map((item) => item.errors?.[0].extensions.code ?? null),
    [null, 'GRAPHQL_PARSE_FAILED', 'BAD_USER_INPUT'],
  );
  for (const batch of [[], Array(11).fill({ query: HEALTH })]) {
    const refused = await post(batch);
    assert.equal(refused.status, 400);
    assert.equal(codeOf(refused), 'BAD_USER_INPUT');
  }
});

test('a body over the limit is 413', async () => {
  const answer = await post({ query: HEALTH, variables: { text: 'x'.repeat(17 * 1024 * 1024) } });
  assert.equal(answer.status, 413);
  assert.equal(codeOf(answer), 'PAYLOAD_TOO_LARGE');
});

test('a bad token is 401, or 200 for application/json', async () => {
  const authorization = 'Bearer nonsense';
  const modern = await post({ query: HEALTH }, { accept: GRAPHQL, authorization });
  assert.equal(modern.status, 401);
  assert.equal(modern.headers.get('www-authenticate'), 'Bearer');
  assert.equal(codeOf(modern), 'UNAUTHENTICATED');
  const legacy = await post({ query: HEALTH }, { accept: 'application/json', authorization });
  assert.equal(legacy.status, 200);
  assert.equal(codeOf(legacy), 'UNAUTHENTICATED');
});

test('a field error keeps its place and its data', async () => {
  const { pageId, revision } = await writer();
  const variables = { input: { pageId, baseRevisionId: revision.id, content: 'x' } };
  const answer = await post({ query: SAVE, variables }, { accept: GRAPHQL });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json.data, { savePage: null });
  assert.deepEqual(answer.json.errors[0].path, ['savePage']);
  assert.equal(codeOf(answer), 'UNAUTHENTICATED');
});

function form(operations, map, files) {
  const body = new FormData();
  body.set('operations', JSON.stringify(operations));
  if (map) body.set('map', JSON.stringify(map));
  for (const [name, text] of Object.entries(files)) body.set(name, new Blob([text]), `${name}.txt`);
  return body;
}

async function upload(body, headers = { 'apollo-require-preflight': 'true' }) {
  const response = await fetch(url, { method: 'POST', body, headers });
  return { status: response.status, json: await response.json() };
}

test('multipart requests are read, with a header that asks for a preflight', async () => {
  const operations = { query: HEALTH, variables: { file: null, files: [null] } };
  const map = { 0: ['variables.file'], 1: ['variables.files.0'] };
  const files = { 0: 'a', 1: 'b' };
  const answer = await upload(form(operations, map, files));
  assert.equal(answer.status, 200);
  assert.ok(answer.json.data.health.version);
  for (const headers of [{}, { 'apollo-require-preflight': '' }]) {
    const refused = await upload(form(operations, map, files), headers);
    assert.equal(refused.status, 400);
    assert.equal(codeOf(refused), 'CSRF_REFUSED');
  }
  const batch = await upload(form([operations], { 0: ['0.variables.file'] }, { 0: 'a' }));
  assert.ok(batch.json[0].data.health.version);
});

test('a multipart request that does not add up is a coded 400', async () => {
  const operations = { query: HEALTH, variables: { file: null } };
  for (const body of [
    form(operations, undefined, {}),
    form(operations, { 0: ['variables.file'] }, {}),
    form(operations, { 0: ['variables.other'] }, { 0: 'a' }),
    form(operations, { 0: ['variables.file'] }, { 1: 'a' }),
    form(operations, { 0: 'variables.file' }, { 0: 'a' }),
    form(1, {}, {}),
  ]) {
    const answer = await upload(body);
    assert.equal(answer.status, 400);
    assert.match(codeOf(answer), /^BAD_/);
  }
});

test('a query is registered by its hash', async () => {
  const query = unique();
  const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
  for (const [accept, status] of [['application/json', 200], [GRAPHQL, 400]]) {
    const unknown = await post({ extensions }, { accept });
    assert.equal(unknown.status, status);
    assert.equal(unknown.json.errors[0].message, 'PersistedQueryNotFound');
    assert.equal(codeOf(unknown), 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal(unknown.headers.get('cache-control'), 'no-store');
  }
  assert.ok((await post({ query, extensions })).json.data.health.version);
  assert.ok((await post({ extensions })).json.data.health.version);
  assert.ok((await get({ extensions })).json.data.health.version);
  const other = await post({ query: `${query} `, extensions });
  assert.equal(other.status, 400);
  const broken = { query: '{', extensions: { persistedQuery: { version: 1, sha256Hash: sha256('{') } } };
  assert.equal(codeOf(await post(broken)), 'GRAPHQL_PARSE_FAILED');
  assert.equal(codeOf(await post({ extensions: broken.extensions })), 'PERSISTED_QUERY_NOT_FOUND');
});

test('what everybody may see can be kept, and is not sent twice', async () => {
  const query = '{ __type(name: "Query") { name } }';
  const first = await get({ query });
  assert.match(first.headers.get('cache-control'), /^public, max-age=\d+$/);
  const vary = first.headers.get('vary').toLowerCase();
  for (const name of ['accept', 'authorization', 'cookie', 'origin']) assert.ok(vary.includes(name));
  const etag = first.headers.get('etag');
  assert.ok(etag);
  const again = await get({ query }, { 'if-none-match': `"other", ${etag}` });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
  assert.equal(again.headers.get('etag'), etag);
  assert.equal((await get({ query }, { 'if-none-match': '"other"' })).status, 200);
});

test('nothing else can be kept', async () => {
  const query = '{ __type(name: "Query") { name } }';
  const { token } = await writer();
  for (const answer of [
    await post({ query }),
    await get({ query }, { authorization: `Bearer ${token}` }),
    await get({ query: '{ nothingOfThatName }' }),
    await get({ query: '{ viewer { id } }' }),
    await get({}),
  ]) {
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('etag'), null);
  }
});

test('the address of the single connection mode says that it is not there', async () => {
  const response = await fetch(new URL('/graphql/stream', origin), { method: 'PUT' });
  assert.equal(response.status, 404);
  assert.match((await response.json()).errors[0].message, /distinct connections/);
});

test('a save that is read back holds its text', async () => {
  const author = await writer();
  await author.save('second\n');
  const { page } = await run('query ($id: ID!) { page(id: $id) { content } }', { id: author.pageId }, author.token);
  assert.equal(page.content, 'second\n');
});
