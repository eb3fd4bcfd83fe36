//! Where the API is: next to the page, whatever the host or path prefix.

/** The addresses for requests and for subscriptions. */
export interface Endpoint {
  http: string;
  ws: string;
}

/** `https://host/prefix/` gives `https://host/prefix/graphql` and its `wss:` twin. */
export function endpointOf(pageUrl: string): Endpoint {
  const http = new URL('graphql', pageUrl);
  http.search = '';
  http.hash = '';
  const ws = new URL(http);
  ws.protocol = http.protocol === 'https:' ? 'wss:' : 'ws:';
  return { http: http.href, ws: ws.href };
}
