//! Where GraphiQL remembers things: looks for good, contents only until the tab is closed.

// Tabs, history and favourites hold variables and headers, and those hold passwords and
// tokens: they stay in the browser tab. The layout and the theme outlive it.
const LASTING = /^graphiql:(theme|visiblePlugin|\w+Flex)$/;

/** A `Storage` that sends each key of GraphiQL to the session's or the lasting one. */
export function splitStorage(session: Storage, lasting: Storage): Storage {
  const home = (key: string) => (LASTING.test(key) ? lasting : session);
  return {
    getItem: (key) => home(key).getItem(key),
    setItem: (key, value) => home(key).setItem(key, value),
    removeItem: (key) => home(key).removeItem(key),
    clear: () => {
      for (const store of [session, lasting]) {
        for (const key of keysOf(store)) store.removeItem(key);
      }
    },
    key: (index) => [...keysOf(session), ...keysOf(lasting)][index] ?? null,
    get length() {
      return keysOf(session).length + keysOf(lasting).length;
    },
  };
}

function keysOf(store: Storage): string[] {
  return Array.from({ length: store.length }, (_, index) => store.key(index)).filter(
    (key): key is string => key?.startsWith('graphiql:') ?? false,
  );
}
