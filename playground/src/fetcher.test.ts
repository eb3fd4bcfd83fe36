//! What is sent with an operation, and where to.

import type { FetcherOpts } from '@graphiql/toolkit';
import { describe, expect, test } from 'vitest';
import { endpointOf } from './endpoint';
import { createFetcher, post } from './fetcher';
import { tokenIn } from './token';

async function sent(token: string, opts?: FetcherOpts) {
  let request: Request | undefined;
  await post(
    {
      endpoint: endpointOf('http://pluma.test/'),
      getToken: () => token,
      fetch: async (input, init) => {
        request = new Request(input, init);
        return Response.json({ data: {} });
      },
    },
    { query: '{ health { state } }' },
    opts,
  );
  if (!request) throw new Error('nothing was sent');
  return request;
}

test('an operation name of another document is not sent', async () => {
  const bodies: unknown[] = [];
  const fetcher = createFetcher({
    endpoint: endpointOf('http://pluma.test/'),
    getToken: () => '',
    fetch: async (_, init) => {
      bodies.push(JSON.parse(String(init?.body)));
      return Response.json({ data: {} });
    },
  });
  await fetcher({ query: 'query A { __typename }', operationName: 'Stale' });
  await fetcher({ query: 'query A { __typename } query B { __typename }', operationName: 'B' });
  await fetcher({ query: 'query A {', operationName: 'A' });
  expect(bodies).toEqual([
    { query: 'query A { __typename }' },
    { query: 'query A { __typename } query B { __typename }', operationName: 'B' },
    { query: 'query A {', operationName: 'A' },
  ]);
});

describe('a request', () => {
  test('carries the token, and no cookie', async () => {
    const request = await sent('abc');
    expect(request.method).toBe('POST');
    expect(request.headers.get('authorization')).toBe('Bearer abc');
    expect(request.headers.get('content-type')).toBe('application/json');
    expect(request.credentials).toBe('omit');
    expect(await request.json()).toEqual({ query: '{ health { state } }' });
  });

  test('is anonymous without a token', async () => {
    expect((await sent('')).headers.has('authorization')).toBe(false);
  });

  test('takes the headers editor over the bar', async () => {
    const request = await sent('abc', { headers: { Authorization: 'Bearer other', 'Idempotency-Key': '1' } });
    expect(request.headers.get('authorization')).toBe('Bearer other');
    expect(request.headers.get('idempotency-key')).toBe('1');
  });

  test('says so when the answer is not JSON', async () => {
    const answer = post(
      {
        endpoint: endpointOf('http://pluma.test/'),
        getToken: () => '',
        fetch: async () => new Response('<h1>Bad Gateway</h1>', { status: 502 }),
      },
      { query: '{ health { state } }' },
    );
    await expect(answer).rejects.toThrow('HTTP 502, not JSON: <h1>Bad Gateway</h1>');
  });
});

test.each([
  ['http://localhost:8000/', 'http://localhost:8000/graphql', 'ws://localhost:8000/graphql'],
  ['https://pluma.test/api/?a=1#b', 'https://pluma.test/api/graphql', 'wss://pluma.test/api/graphql'],
])('the API of the page at %s', (page, http, ws) => {
  expect(endpointOf(page)).toEqual({ http, ws });
});

test.each([
  [{ data: { register: { accessToken: 'abc' } } }, 'abc'],
  [{ data: { again: { accessToken: 'abc' } } }, 'abc'],
  [{ data: { login: { accessToken: null } } }, undefined],
  [{ data: { login: null, health: { state: 'UP' } } }, undefined],
  [{ data: null, errors: [] }, undefined],
  [null, undefined],
])('the token in %j', (result, token) => {
  expect(tokenIn(result)).toBe(token);
});
