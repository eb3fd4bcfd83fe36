//! The access token in use: kept for this browser tab only, and watched by the page.

import { useSyncExternalStore } from 'react';

const KEY = 'pluma:accessToken';
const listeners = new Set<() => void>();

/** The token in use, or an empty string. */
export function getToken(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

/** Uses another token from now on; an empty string ends the use of any. */
export function setToken(token: string): void {
  const bare = token.trim().replace(/^Bearer\s+/i, '');
  if (bare === getToken()) return;
  if (bare) sessionStorage.setItem(KEY, bare);
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

/** `getToken` for components. */
export function useToken(): string {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, getToken);
}

/** The access token that `register`, `login` and their like answer with, under whatever alias. */
export function tokenIn(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const data = (result as { data?: unknown }).data;
  if (typeof data !== 'object' || data === null) return undefined;
  for (const payload of Object.values(data)) {
    const token = (payload as { accessToken?: unknown } | null)?.accessToken;
    if (typeof token === 'string' && token) return token;
  }
  return undefined;
}
