//! What may outlive the browser tab, and what may not.

import { expect, test } from 'vitest';
import { splitStorage } from './storage';

class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();
  get length() {
    return this.#items.size;
  }
  key = (index: number) => [...this.#items.keys()][index] ?? null;
  getItem = (key: string) => this.#items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.#items.set(key, value);
  removeItem = (key: string) => void this.#items.delete(key);
  clear = () => this.#items.clear();
}

test('only looks are kept for good', () => {
  const session = new MemoryStorage();
  const lasting = new MemoryStorage();
  const storage = splitStorage(session, lasting);
  for (const name of ['theme', 'editorFlex', 'visiblePlugin', 'tabState', 'headers', 'variables', 'queries', 'favorites']) {
    storage.setItem(`graphiql:${name}`, name);
    expect(storage.getItem(`graphiql:${name}`)).toBe(name);
  }
  const keys = Array.from({ length: lasting.length }, (_, index) => lasting.key(index));
  expect(keys).toEqual(['graphiql:theme', 'graphiql:editorFlex', 'graphiql:visiblePlugin']);
  expect(storage.length).toBe(8);
});

test('clearing leaves what is not of GraphiQL', () => {
  const session = new MemoryStorage();
  const lasting = new MemoryStorage();
  const storage = splitStorage(session, lasting);
  session.setItem('pluma:accessToken', 'abc');
  storage.setItem('graphiql:theme', 'dark');
  storage.setItem('graphiql:tabState', '{}');
  storage.clear();
  expect(storage.length).toBe(0);
  expect(session.getItem('pluma:accessToken')).toBe('abc');
});
