// Holds schema.graphql against the target contract of the API:
// - `graphql-inspector diff <target> schema.graphql`, under rule.mjs, reports nothing;
// - every line of still-to-come.txt is needed, so that the list shrinks;
// - every type, field, argument, input field and enum value has a description.
// Where the target is not there (it is not part of this repository), the list and the
// descriptions are checked all the same.
//   node check.mjs [--target FILE] [--schema FILE] [--list FILE]
//   node check.mjs --missing     prints what still-to-come.txt would have to name
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildSchema } from "graphql";
import { coordinates, missing, readList } from "./coordinates.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values: options } = parseArgs({
  options: {
    target: { type: "string", default: here("../../../shared/design/schema-target.graphql") },
    schema: { type: "string", default: here("../../schema.graphql") },
    list: { type: "string", default: here("still-to-come.txt") },
    missing: { type: "boolean", default: false },
  },
});

const schema = buildSchema(readFileSync(options.schema, "utf8"));
const target = existsSync(options.target) ? buildSchema(readFileSync(options.target, "utf8")) : null;
if (options.missing) {
  if (target === null) throw new Error(`${options.target} is not there`);
  console.log(missing(target, schema).join("\n"));
  process.exit();
}

const problems = [];
const present = coordinates(schema);
const list = readList(readFileSync(options.list, "utf8"));
const wellFormed = /^@?[A-Za-z_]\w*(\.[A-Za-z_]\w*)?(\([A-Za-z_]\w*:\))?$/;
const needed = target && new Set(missing(target, schema));
for (const [at, line] of list.entries()) {
  if (!wellFormed.test(line)) problems.push(`still to come: ${line} is not a schema coordinate`);
  else if (list.indexOf(line) !== at) problems.push(`still to come: ${line} is there twice`);
  else if (at > 0 && list[at - 1] > line) problems.push(`still to come: ${line} is out of order`);
  if (present.has(line)) problems.push(`still to come: ${line} has come; take it off the list`);
  else if (needed && !needed.has(line)) problems.push(`still to come: ${line} is not in the target, or its parent is on the list`);
}

for (const [coordinate, { definition }] of present) {
  if (!coordinate.startsWith("@") && !definition.description?.trim()) problems.push(`${coordinate} has no description`);
}

if (target) {
  const inspector = here("node_modules/.bin/graphql-inspector");
  const { status, error } = spawnSync(inspector, ["diff", options.target, options.schema, "--rule", here("rule.mjs")], {
    stdio: "inherit",
    env: { ...process.env, STILL_TO_COME: options.list },
  });
  if (status !== 0) problems.push(`schema.graphql is not what the target asks for${error ? `: ${error.message}` : ""}`);
} else {
  console.log("The target contract is not here; the list and the descriptions are checked alone.");
}

for (const problem of problems) console.error(problem);
console.log(`${present.size} definitions, ${list.length} still to come, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
