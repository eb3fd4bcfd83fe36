//! Carries the ids that answers bring into the variables of the example tabs.

/** What the examples' variables hold until an answer brings the real id. */
export const PLACEHOLDERS = {
  notebook: 'NOTEBOOK_ID',
  page: 'PAGE_ID',
  revision: 'REVISION_ID',
} as const;

/** The newest id seen of each kind. */
export type KnownIds = Partial<Record<keyof typeof PLACEHOLDERS, string>>;

function idAt(value: unknown, ...path: string[]): string | undefined {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return typeof current === 'string' ? current : undefined;
}

/** The ids in an answer of `createNotebook` and `createPage`. */
export function idsIn(result: unknown): KnownIds {
  const ids: KnownIds = {};
  const notebook = idAt(result, 'data', 'createNotebook', 'notebook', 'id');
  const page = idAt(result, 'data', 'createPage', 'page', 'id');
  const revision = idAt(result, 'data', 'createPage', 'page', 'currentRevision', 'id');
  if (notebook) ids.notebook = notebook;
  if (page) ids.page = page;
  if (revision) ids.revision = revision;
  return ids;
}

/** The variables with every placeholder replaced whose id is known; other text stays as typed. */
export function fillIn(variables: string, ids: KnownIds): string {
  return (Object.keys(PLACEHOLDERS) as (keyof typeof PLACEHOLDERS)[]).reduce((text, kind) => {
    const id = ids[kind];
    return id ? text.replaceAll(`"${PLACEHOLDERS[kind]}"`, JSON.stringify(id)) : text;
  }, variables);
}
