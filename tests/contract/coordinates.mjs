// Every definition of a schema under its schema coordinate (GraphQL specification, "Schema
// Coordinates"): `User`, `User.email`, `User.notebooks(first:)`, `Role.ADMIN`, `@cost`.
import { isEnumType, isIntrospectionType, isSpecifiedDirective, isSpecifiedScalarType } from "graphql";

/** @returns {Map<string, {definition: object, parent: string | null}>} */
export function coordinates(schema) {
  const all = new Map();
  const add = (coordinate, definition, parent) => all.set(coordinate, { definition, parent });
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    add(type.name, type, null);
    const members = isEnumType(type) ? type.getValues() : Object.values(type.getFields?.() ?? {});
    for (const member of members) {
      const coordinate = `${type.name}.${member.name}`;
      add(coordinate, member, type.name);
      for (const argument of member.args ?? []) add(`${coordinate}(${argument.name}:)`, argument, coordinate);
    }
  }
  for (const directive of schema.getDirectives()) {
    if (isSpecifiedDirective(directive)) continue;
    add(`@${directive.name}`, directive, null);
    for (const argument of directive.args) add(`@${directive.name}(${argument.name}:)`, argument, `@${directive.name}`);
  }
  return all;
}

/** What the target has and the schema has not; a missing type speaks for its fields. */
export function missing(target, schema) {
  const present = coordinates(schema);
  return [...coordinates(target)]
    .filter(([coordinate, { parent }]) => !present.has(coordinate) && (parent === null || present.has(parent)))
    .map(([coordinate]) => coordinate)
    .sort();
}

/** The coordinates named in a list, one a line; `#` begins a comment. */
export function readList(text) {
  return text
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*/, "").trim())
    .filter((line) => line !== "");
}
