//! The operations that a first visit opens with, one per tab.

import events from './events.graphql?raw';
import register from './register.graphql?raw';
import save from './save.graphql?raw';
import welcome from './welcome.graphql?raw';
import write from './write.graphql?raw';
import { PLACEHOLDERS } from '../ids';

/** One tab: a document and the variables of all its operations. */
export interface Example {
  query: string;
  variables: Record<string, unknown>;
}

/** In the order of a first walk through the API. */
export const EXAMPLES: Example[] = [
  { query: welcome, variables: {} },
  {
    query: register,
    variables: {
      register: {
        username: 'ann',
        displayName: 'Ann Author',
        email: 'ann@example.com',
        password: 'correct horse battery staple',
      },
      login: { login: 'ann', password: 'correct horse battery staple' },
    },
  },
  {
    query: write,
    variables: {
      notebook: { title: 'Field notes', description: 'What I saw on the way.' },
      page: {
        notebookId: PLACEHOLDERS.notebook,
        title: 'The harbour',
        content: '# The harbour\n\nFog until noon.\n',
      },
    },
  },
  {
    query: save,
    variables: {
      input: {
        pageId: PLACEHOLDERS.page,
        baseRevisionId: PLACEHOLDERS.revision,
        content: '# The harbour\n\nFog until noon, then gulls.\n',
        message: 'The weather changed',
      },
    },
  },
  { query: events, variables: { pageId: PLACEHOLDERS.page } },
];

/** The examples as GraphiQL's `defaultTabs`. */
export const EXAMPLE_TABS = EXAMPLES.map(({ query, variables }) => ({
  query,
  variables: Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : null,
}));
