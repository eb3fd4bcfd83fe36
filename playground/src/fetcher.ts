//! Sends operations: queries and mutations by POST, subscriptions over graphql-transport-ws.

import type { Fetcher, FetcherOpts, FetcherParams, FetcherReturnType } from '@graphiql/toolkit';
import { type DocumentNode, type ExecutionResult, getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import type { Endpoint } from './endpoint';

/** What the fetcher needs from its surroundings. */
export interface FetcherOptions {
  endpoint: Endpoint;
  getToken: () => string;
  /** Told every answer that is not a subscription's. */
  onResult?: (result: unknown) => void;
  fetch?: typeof fetch;
}

interface Observer {
  next?: (result: ExecutionResult) => void;
  error?: (cause: unknown) => void;
  complete?: () => void;
}

/** GraphiQL's fetcher. The headers editor wins over the token bar. */
export function createFetcher(options: FetcherOptions): Fetcher {
  return (given, opts) => {
    const { params, subscription } = inspect(given);
    return subscription ? subscribe(options, params, opts) : post(options, params, opts);
  };
}

/** One request to the API, with the token unless `headers` names another. */
export async function post(
  { endpoint, getToken, onResult, fetch: send = fetch }: FetcherOptions,
  params: FetcherParams,
  opts?: FetcherOpts,
) {
  const headers = new Headers({
    accept: 'application/graphql-response+json, application/json;q=0.9',
    ...opts?.headers,
  });
  headers.set('content-type', 'application/json');
  authorize(headers, getToken());
  const response = await send(endpoint.http, {
    method: 'POST',
    headers,
    body: JSON.stringify(params),
    // The token in the bar is the whole identity: without it a request is anonymous,
    // whatever cookies another page of this host has been given.
    credentials: 'omit',
  });
  const text = await response.text();
  let result;
  try {
    result = JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${response.status}, not JSON: ${text.slice(0, 500) || '(empty)'}`);
  }
  onResult?.(result);
  return result;
}

function subscribe(
  { endpoint, getToken }: FetcherOptions,
  params: FetcherParams,
  opts?: FetcherOpts,
): FetcherReturnType {
  return {
    subscribe(observer: Observer | Observer['next'] | undefined) {
      const { next, error, complete }: Observer =
        typeof observer === 'object' ? observer : { next: observer };
      // A connection for each subscription, opened when it starts, so that each has the
      // token and the headers that were there at that moment.
      const client = createClient({
        url: endpoint.ws,
        lazy: true,
        connectionParams: () => {
          const headers = new Headers(opts?.headers);
          authorize(headers, getToken());
          return Object.fromEntries(headers);
        },
      });
      const unsubscribe = client.subscribe(
        { ...params, operationName: params.operationName ?? undefined },
        {
          next: (result) => next?.(result as ExecutionResult),
          error: (cause) => error?.(readable(cause)),
          complete: () => complete?.(),
        },
      );
      return { unsubscribe };
    },
  };
}

function authorize(headers: Headers, token: string): void {
  if (token && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
}

/** Tells subscriptions, and drops an operation name that the document does not have. */
function inspect(given: FetcherParams): { params: FetcherParams; subscription: boolean } {
  let document: DocumentNode;
  try {
    document = parse(given.query);
  } catch {
    // The server says what is wrong with it.
    return { params: given, subscription: false };
  }
  // Just after a change of tabs GraphiQL still gives the name from the tab before.
  const known = getOperationAST(document, given.operationName) != null;
  const params = known ? given : { ...given, operationName: undefined };
  const operation = getOperationAST(document, params.operationName)?.operation;
  return { params, subscription: operation === 'subscription' };
}

/** A refusal as GraphiQL can show it: the errors of the protocol, or why the socket closed. */
function readable(cause: unknown): unknown {
  if (typeof cause !== 'object' || cause === null || cause instanceof Error) return cause;
  if ('code' in cause && 'reason' in cause) {
    return new Error(`The connection closed: ${cause.code} ${cause.reason}`.trim());
  }
  return cause;
}
