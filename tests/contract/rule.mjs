// The rule under which `graphql-inspector diff` compares the target with schema.graphql:
// the schema may add to the target and may lack what still-to-come.txt names. Whatever
// else differs, nullability included, is reported as breaking.
import { readFileSync } from "node:fs";
import { coordinates, readList } from "./coordinates.mjs";

const additions = new Set([
  "DIRECTIVE_ADDED",
  // @cost and @listSize say what a field weighs.
  "DIRECTIVE_USAGE_ARGUMENT_ADDED",
  "DIRECTIVE_USAGE_FIELD_DEFINITION_ADDED",
  "ENUM_VALUE_ADDED",
  "FIELD_ADDED",
  "OBJECT_TYPE_INTERFACE_ADDED",
  "TYPE_ADDED",
  "UNION_MEMBER_ADDED",
]);
// The wording is the program's own; check.mjs asks that there is one.
const description = /_DESCRIPTION_(ADDED|CHANGED|REMOVED)$/;

/** The coordinates whose absence a change reports; null when it reports something else. */
function lost({ type, path, meta }) {
  switch (type) {
    case "TYPE_REMOVED":
    case "FIELD_REMOVED":
    case "INPUT_FIELD_REMOVED":
    case "ENUM_VALUE_REMOVED":
    case "DIRECTIVE_REMOVED":
      return path;
    case "FIELD_ARGUMENT_REMOVED":
      return `${meta.typeName}.${meta.fieldName}(${meta.removedFieldArgumentName}:)`;
    // A type that is still to come cannot be a member yet, nor be implemented.
    case "UNION_MEMBER_REMOVED":
      return meta.removedUnionMemberTypeName;
    case "OBJECT_TYPE_INTERFACE_REMOVED":
      return meta.removedInterfaceName;
    default:
      return null;
  }
}

/** Whether a change only adds to the target. */
function addition({ type, path, meta, criticality }, target) {
  if (additions.has(type) || description.test(type)) return true;
  if (type === "INPUT_FIELD_ADDED" && target.has(meta.inputName)) {
    return meta.isAddedInputFieldTypeNullable || meta.addedFieldDefault !== undefined;
  }
  if (type === "FIELD_ARGUMENT_ADDED" && target.has(`${meta.typeName}.${meta.fieldName}`)) {
    return !meta.isAddedFieldArgumentBreaking;
  }
  // A root operation type where the target has none.
  if (/^SCHEMA_\w+_TYPE_CHANGED$/.test(type)) return criticality.level === "NON_BREAKING";
  // A detail of something that the target does not have.
  const [name, member] = path.split(".");
  return !target.has(name) || (member !== undefined && !member.startsWith("@") && !target.has(`${name}.${member}`));
}

export default function stillToCome({ changes, oldSchema }) {
  const list = new Set(readList(readFileSync(process.env.STILL_TO_COME, "utf8")));
  const target = coordinates(oldSchema);
  return changes
    .filter((change) => !list.has(lost(change)) && !addition(change, target))
    .map((change) => ({ ...change, criticality: { ...change.criticality, level: "BREAKING" } }));
}
