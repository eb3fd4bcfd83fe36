// Holds the dependencies against deny.toml (licences, banned crates, sources) and finds
// the ones nothing uses, from what cargo knows. The tools made for it take minutes to
// compile; script/audit runs cargo-deny over the same deny.toml.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const problems = [];

// The two lists below are all of TOML that is read here.
const policy = readFileSync("deny.toml", "utf8");
const list = (name) => {
  const found = new RegExp(`^${name} = \\[\\n([\\s\\S]*?)^\\]`, "m").exec(policy);
  if (!found) throw new Error(`deny.toml has no list ${name}`);
  return found[1].split("\n").filter((line) => /^\s*["{]/.test(line));
};
const allowed = new Set(list("allow").map((line) => /"([^"]+)"/.exec(line)[1]));
const banned = new Set(list("deny").map((line) => /crate = "([^"]+)"/.exec(line)[1]));
if (allowed.size === 0 || banned.size === 0) throw new Error("deny.toml allows or bans nothing");

/** Whether an SPDX expression can be met with the allowed licences alone. */
function permitted(expression) {
  // Old crates write `MIT/Apache-2.0` for OR.
  const tokens = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g);
  let at = 0;
  const licence = () => {
    if (tokens[at] === "(") {
      at++;
      const inside = either();
      if (tokens[at++] !== ")") throw new Error(`unbalanced licence expression ${expression}`);
      return inside;
    }
    let name = tokens[at++];
    if (tokens[at] === "WITH") {
      name = `${name} WITH ${tokens[at + 1]}`;
      at += 2;
    }
    return allowed.has(name);
  };
  const both = () => {
    let result = licence();
    while (tokens[at] === "AND") {
      at++;
      result = licence() && result;
    }
    return result;
  };
  const either = () => {
    let result = both();
    while (tokens[at] === "OR") {
      at++;
      result = both() || result;
    }
    return result;
  };
  const result = either();
  if (at !== tokens.length) throw new Error(`unknown licence expression ${expression}`);
  return result;
}

const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--locked", "--format-version", "1"], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  }),
);
const ours = new Set(metadata.workspace_members);
const registries = new Set();
for (const crate of metadata.packages.filter(({ id }) => !ours.has(id))) {
  const name = `${crate.name} ${crate.version}`;
  if (!crate.license) problems.push(`${name} states no licence`);
  else if (!permitted(crate.license)) problems.push(`${name} is ${crate.license}, which deny.toml does not allow`);
  if (banned.has(crate.name)) problems.push(`${name} is banned by deny.toml`);
  if (!crate.source?.startsWith("registry+")) problems.push(`${name} comes from ${crate.source ?? "a path"}, not from a registry`);
  else registries.add(crate.source);
}
if (registries.size > 1) problems.push(`crates come from several registries: ${[...registries].join(", ")}`);

const rust = (path) =>
  readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".rs"))
    .map((entry) => readFileSync(`${entry.parentPath ?? entry.path}/${entry.name}`, "utf8"))
    .join("\n");
// A crate named only in a comment is not used.
const uncommented = (text) => text.replace(/^\s*\/\/.*$/gm, "");
const code = {
  normal: uncommented(rust("src")),
  dev: uncommented(["src", "tests", "benches", "examples"].filter(existsSync).map(rust).join("\n")),
  build: existsSync("build.rs") ? uncommented(readFileSync("build.rs", "utf8")) : "",
};
for (const member of metadata.packages.filter(({ id }) => ours.has(id))) {
  // Crates that are there for a feature or for linking; cargo-machete's own key.
  const linkedOnly = new Set(member.metadata?.["cargo-machete"]?.ignored ?? []);
  for (const dependency of member.dependencies) {
    if (dependency.req === "*") problems.push(`${dependency.name} has no version`);
    const name = (dependency.rename ?? dependency.name).replaceAll("-", "_");
    const used = new RegExp(`(?<![\\w:])${name}\\s*::|\\buse ${name}\\b`).test(code[dependency.kind ?? "normal"]);
    if (used && linkedOnly.has(dependency.name)) problems.push(`${dependency.name} is used; take it off cargo-machete's ignored list`);
    if (!used && !linkedOnly.has(dependency.name)) problems.push(`${dependency.name} is not used`);
  }
}

for (const problem of problems) console.error(problem);
console.log(`${metadata.packages.length} crates, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
