//! The examples hold against the schema: what a first visit shows has to run.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSchema, Kind, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values';
import { describe, expect, test } from 'vitest';
import { EXAMPLE_TABS, EXAMPLES } from '.';

// PLUMA_SCHEMA names another SDL file to check against.
const path =
  process.env.PLUMA_SCHEMA ?? fileURLToPath(new URL('../../../schema.graphql', import.meta.url));
if (!existsSync(path)) throw new Error(`no schema at ${path}: export it first, or set PLUMA_SCHEMA`);
const schema = buildSchema(readFileSync(path, 'utf8'));

describe.each(EXAMPLES.map((example, index) => ({ ...example, index })))(
  'example $index',
  ({ query, variables }) => {
    const document = parse(query);
    const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);

    test('is valid', () => {
      expect(validate(schema, document).map(String)).toEqual([]);
      expect(operations).not.toEqual([]);
    });

    test.each(operations.map((operation) => [operation.name?.value, operation] as const))(
      'has fitting variables for %s',
      (name, operation) => {
        expect(name).toBeTruthy();
        const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
        expect(errors?.map(String)).toBeUndefined();
      },
    );

    test('has no variable that none of its operations takes', () => {
      const taken = operations.flatMap((operation) =>
        (operation.variableDefinitions ?? []).map((definition) => definition.variable.name.value),
      );
      expect(taken).toEqual(expect.arrayContaining(Object.keys(variables)));
    });

    test('has comments that fit into the editor', () => {
      const tooWide = query.split('\n').filter((line) => line.startsWith('#') && line.length > 56);
      expect(tooWide).toEqual([]);
    });
  },
);

test('the tabs come in the order of a first walk', () => {
  const names = EXAMPLE_TABS.map(({ query }) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1]);
  expect(names).toEqual(['Welcome', 'Register', 'CreateNotebook', 'SavePage', 'PageEvents']);
});
