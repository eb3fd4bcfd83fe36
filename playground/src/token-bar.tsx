//! The bar on top: the access token in use, and whose it is.

import { useEffect, useId, useState } from 'react';
import logo from './favicon.svg';
import { type FetcherOptions, post } from './fetcher';
import { setToken, useToken } from './token';

/** An answer brought a token: it is in use already, or waits for a yes. */
export interface Notice {
  kind: 'used' | 'offered';
  token: string;
}

type Status =
  | { kind: 'anonymous' }
  | { kind: 'checking' }
  | { kind: 'signed-in'; username: string }
  | { kind: 'refused'; reason: string };

interface TokenBarProps {
  options: FetcherOptions;
  /** Another number has the token checked again. */
  checks: number;
  notice: Notice | null;
  setNotice: (notice: Notice | null) => void;
}

/** Lets a person put in, see and clear the token. */
export function TokenBar({ options, checks, notice, setNotice }: TokenBarProps) {
  const token = useToken();
  const [draft, setDraft] = useState(token);
  const status = useStatus(options, token, checks);
  const field = useId();

  useEffect(() => setDraft(token), [token]);

  const use = (next: string) => {
    setToken(next);
    setNotice(null);
  };

  return (
    <header className="bar">
      <h1>
        <img src={logo} alt="" width="24" height="24" />
        Pluma
      </h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          use(draft);
        }}
      >
        <label htmlFor={field}>Access token</label>
        <input
          id={field}
          type="text"
          value={draft}
          placeholder="paste one, or run Register"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={() => {
            if (draft.trim() !== token) use(draft);
          }}
        />
        <button type="button" disabled={!token && !draft} onClick={() => {
          setDraft('');
          use('');
        }}>
          Clear
        </button>
      </form>
      <p className={`status ${status.kind}`} role="status">
        <span className="dot" aria-hidden="true" />
        <StatusText status={status} />
      </p>
      {notice && (
        <div className="notice" role="alert">
          {notice.kind === 'used' ? (
            <span>The access token of this answer is in use from now on.</span>
          ) : (
            <>
              <span>This answer holds another access token.</span>
              <button type="button" className="primary" onClick={() => use(notice.token)}>
                Use it
              </button>
            </>
          )}
          <button type="button" onClick={() => setNotice(null)}>
            {notice.kind === 'used' ? 'OK' : 'Keep the current one'}
          </button>
        </div>
      )}
    </header>
  );
}

function StatusText({ status }: { status: Status }) {
  switch (status.kind) {
    case 'anonymous':
      return <>Not signed in</>;
    case 'checking':
      return <>Checking…</>;
    case 'signed-in':
      return (
        <>
          Signed in as <strong>{status.username}</strong>
        </>
      );
    case 'refused':
      return <>{status.reason}</>;
  }
}

/** Asks the server whose token this is. */
function useStatus(options: FetcherOptions, token: string, checks: number): Status {
  const [status, setStatus] = useState<Status>({ kind: token ? 'checking' : 'anonymous' });

  useEffect(() => {
    if (!token) {
      setStatus({ kind: 'anonymous' });
      return;
    }
    let current = true;
    setStatus({ kind: 'checking' });
    whoIs(options, token).then((answer) => {
      if (current) setStatus(answer);
    });
    return () => {
      current = false;
    };
  }, [options, token, checks]);

  return status;
}

async function whoIs(options: FetcherOptions, token: string): Promise<Status> {
  try {
    const result = await post(
      { endpoint: options.endpoint, getToken: () => token },
      { query: '{ viewer { username } }' },
    );
    const username = result?.data?.viewer?.username;
    return typeof username === 'string'
      ? { kind: 'signed-in', username }
      : { kind: 'refused', reason: 'Token expired or not valid' };
  } catch {
    return { kind: 'refused', reason: 'The server does not answer' };
  }
}
