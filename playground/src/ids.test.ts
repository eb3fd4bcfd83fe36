//! Ids travel from answers into the variables.

import { expect, test } from 'vitest';
import { EXAMPLE_TABS } from './examples';
import { fillIn, idsIn, PLACEHOLDERS } from './ids';

test('ids are found in the answers of the examples', () => {
  expect(idsIn({ data: { createNotebook: { notebook: { id: 'notebook_1' } } } })).toEqual({
    notebook: 'notebook_1',
  });
  expect(
    idsIn({ data: { createPage: { page: { id: 'page_1', currentRevision: { id: 'rev_1' } } } } }),
  ).toEqual({ page: 'page_1', revision: 'rev_1' });
});

test.each([null, 'text', {}, { data: null }, { data: { createPage: null } }, { data: { createPage: { page: null } } }])(
  'nothing is found in %j',
  (result) => expect(idsIn(result)).toEqual({}),
);

test('known ids take the place of their placeholders, the rest stays', () => {
  const variables = `{\n  "a": "${PLACEHOLDERS.page}", "b": "${PLACEHOLDERS.revision}", "c": "about PAGE_ID"\n}`;
  expect(fillIn(variables, { page: 'page_1' })).toBe(
    `{\n  "a": "page_1", "b": "${PLACEHOLDERS.revision}", "c": "about PAGE_ID"\n}`,
  );
});

test('no placeholder is left once every id is known', () => {
  const filled = EXAMPLE_TABS.map(({ variables }) =>
    fillIn(variables ?? '', { notebook: 'notebook_1', page: 'page_1', revision: 'rev_1' }),
  ).join();
  for (const placeholder of Object.values(PLACEHOLDERS)) expect(filled).not.toContain(placeholder);
});
