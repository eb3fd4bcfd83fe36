// The check itself, tried on small schemas: what it must let pass, and what it must not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";

const scratch = mkdtempSync(join(tmpdir(), "pluma-contract-"));
after(() => rmSync(scratch, { recursive: true }));

const base = `
"t" interface Node { "f" id: ID! }
"t" enum Role { "v" USER "v" ADMIN }
"t" type User implements Node { "f" id: ID! "f" role: Role "f" pages("a" first: Int, "a" trashed: Boolean = false): [String!]! }
"t" type Bot { "f" id: ID! }
"t" union Actor = User | Bot
"t" input UserBy @oneOf { "i" id: ID "i" username: String }
"t" input UserFilter { "i" query: String }
"t" type Query { "f" user("a" by: UserBy!): User "f" users("a" filter: UserFilter): [Actor!] }
`;

function check(target, schema, list = []) {
  const file = (name, text) => {
    writeFileSync(join(scratch, name), text);
    return join(scratch, name);
  };
  const options = ["--schema", file("schema.graphql", schema), "--list", file("list.txt", list.join("\n"))];
  options.push("--target", target === null ? join(scratch, "absent") : file("target.graphql", target));
  const run = spawnSync(process.execPath, [fileURLToPath(new URL("check.mjs", import.meta.url)), ...options], { encoding: "utf8" });
  return { passed: run.status === 0, said: run.stdout + run.stderr };
}

/** The schema with one piece of its text replaced, which must be there. */
function changed(from, to) {
  assert.ok(base.includes(from), from);
  return base.replace(from, to);
}

const passes = {
  "the target itself": [base],
  "an added type and field": [changed(`"f" id: ID! "f" role`, `"f" id: ID! "f" cat: Cat @deprecated(reason: "r") "f" role`) + `"t" type Cat { "f" id("a" must: Int!): ID! }`],
  "an added enum value": [changed(`"v" ADMIN`, `"v" ADMIN "v" GUEST`)],
  "an added optional argument": [changed(`"a" first: Int`, `"a" first: Int, "a" last: Int`)],
  "an added optional input field": [changed(`"i" query: String`, `"i" query: String "i" role: Role = USER`)],
  "another description": [changed(`"t" type User`, `"another" type User`)],
  "a listed field": [changed(`"f" role: Role`, ""), ["User.role"]],
  "a listed argument": [changed(`"a" first: Int, `, ""), ["User.pages(first:)"]],
  "a listed type, out of its union": [changed(`"t" type Bot { "f" id: ID! }`, "").replace("User | Bot", "User"), ["Bot"]],
  "a listed enum value": [changed(`"v" ADMIN`, ""), ["Role.ADMIN"]],
};
for (const [name, [schema, list]] of Object.entries(passes)) {
  test(`passes: ${name}`, () => {
    const { passed, said } = check(base, schema, list);
    assert.ok(passed, said);
  });
}

const fails = {
  "a missing field": [changed(`"f" role: Role`, ""), [], /Field role was removed|role/],
  "a missing argument": [changed(`"a" first: Int, `, ""), [], /first/],
  "a missing enum value": [changed(`"v" ADMIN`, ""), [], /ADMIN/],
  "a missing type": [changed(`"t" type Bot { "f" id: ID! }`, "").replace("User | Bot", "User"), [], /Bot/],
  "a missing interface": [changed("implements Node", ""), [], /Node/],
  "a missing union member": [changed("User | Bot", "User"), [], /Bot/],
  "a field made nullable": [changed("[String!]!", "[String!]"), [], /pages/],
  "a field made non-null": [changed("role: Role", "role: Role!"), [], /role/],
  "an argument made nullable": [changed("by: UserBy!", "by: UserBy"), [], /by/],
  "another default": [changed("trashed: Boolean = false", "trashed: Boolean = true"), [], /trashed/],
  "a lost @oneOf": [changed("@oneOf", ""), [], /oneOf/],
  "an added required argument": [changed(`"a" first: Int`, `"a" first: Int, "a" must: Int!`), [], /must/],
  "an added required input field": [changed(`"i" query: String`, `"i" query: String "i" must: Int!`), [], /must/],
  "a changed type, though listed": [changed("role: Role", "role: String"), ["User.role"], /User\.role/],
  "a line that has come": [base, ["User.role"], /has come/],
  "a line that the target lacks": [base, ["User.shoeSize"], /not in the target/],
  "a line under a listed type": [changed(`"t" type Bot { "f" id: ID! }`, "").replace("User | Bot", "User"), ["Bot", "Bot.id"], /parent/],
  "a line that is no coordinate": [base, ["type Bot"], /not a schema coordinate/],
  "a type without description": [changed(`"t" type User`, "type User"), [], /^User has no description/m],
  "an argument without description": [changed(`"a" by`, "by"), [], /^Query\.user\(by:\) has no/m],
  "an enum value without description": [changed(`"v" ADMIN`, "ADMIN"), [], /^Role\.ADMIN has no/m],
  "an input field without description": [changed(`"i" query`, "query"), [], /^UserFilter\.query has no/m],
};
for (const [name, [schema, list, reason]] of Object.entries(fails)) {
  test(`fails: ${name}`, () => {
    const { passed, said } = check(base, schema, list);
    assert.ok(!passed, said);
    assert.match(said, reason);
  });
}

test("without the target, the list and the descriptions are still checked", () => {
  assert.ok(check(null, changed(`"f" role: Role`, ""), ["User.role"]).passed);
  assert.match(check(null, base, ["User.role"]).said, /has come/);
  assert.match(check(null, changed(`"t" type User`, "type User")).said, /no description/);
});
