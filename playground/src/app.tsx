//! The page: the token bar above GraphiQL.

import { GraphiQL } from 'graphiql';
import { useMemo, useState } from 'react';
import { endpointOf } from './endpoint';
import { EXAMPLE_TABS } from './examples';
import { createFetcher, type FetcherOptions } from './fetcher';
import { FillIds } from './fill-ids';
import { idsIn, type KnownIds } from './ids';
import { splitStorage } from './storage';
import { getToken, setToken, tokenIn } from './token';
import { type Notice, TokenBar } from './token-bar';

/** The whole page. */
export function App() {
  const [ids, setIds] = useState<KnownIds>({});
  const [notice, setNotice] = useState<Notice | null>(null);
  // Grows with each answer that may have changed who the token stands for.
  const [checks, setChecks] = useState(0);

  const options = useMemo<FetcherOptions>(
    () => ({
      endpoint: endpointOf(document.baseURI),
      getToken,
      onResult(result) {
        const found = idsIn(result);
        if (Object.keys(found).length > 0) setIds((known) => ({ ...known, ...found }));
        const token = tokenIn(result);
        if (token && token !== getToken()) {
          const first = !getToken();
          if (first) setToken(token);
          setNotice({ kind: first ? 'used' : 'offered', token });
        }
        if (isUnauthenticated(result)) setChecks((count) => count + 1);
      },
    }),
    [],
  );
  const fetcher = useMemo(() => createFetcher(options), [options]);
  const storage = useMemo(() => splitStorage(sessionStorage, localStorage), []);

  return (
    <>
      <TokenBar options={options} checks={checks} notice={notice} setNotice={setNotice} />
      <main>
        <GraphiQL
          fetcher={fetcher}
          storage={storage}
          defaultTabs={EXAMPLE_TABS}
          defaultEditorToolsVisibility="variables"
          shouldPersistHeaders={false}
          schemaDescription
        >
          <GraphiQL.Toolbar>
            {({ prettify, copy, merge }) => (
              <>
                {prettify}
                {merge}
                {copy}
                <FillIds ids={ids} />
              </>
            )}
          </GraphiQL.Toolbar>
        </GraphiQL>
      </main>
    </>
  );
}

function isUnauthenticated(result: unknown): boolean {
  const errors = (result as { errors?: { extensions?: { code?: unknown } }[] } | null)?.errors;
  return Array.isArray(errors) && errors.some((error) => error.extensions?.code === 'UNAUTHENTICATED');
}
