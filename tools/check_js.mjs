// Type checks the scripts of the explorables. Each is pasted after core.js into one function of its page, and each
// defines `explore(root, data)`: so each is a program of its own, together with core.js and types.d.ts. The scripts of
// the book's pages, of its PDF and of its slides stand by themselves.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import ts from "typescript";

const FOLDER = "ncbook/explorables";
const PAGES = ["book/webassets", "tools/printing", "tools/slides"];
const read = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const config = ts.parseJsonConfigFileContent(read.config, ts.sys, process.cwd());
const host = ts.createCompilerHost(config.options);
const parse = host.getSourceFile;
const parsed = new Map(); // the library is read once for all programs
host.getSourceFile = (name, ...rest) => {
  if (!parsed.has(name)) parsed.set(name, parse(name, ...rest));
  return parsed.get(name);
};

const asked = process.argv.slice(2);
const scriptsIn = (folder) =>
  readdirSync(folder).filter((name) => name.endsWith(".js") && (!asked.length || asked.includes(name)));
const scripts = [
  ...scriptsIn(FOLDER).map((name) => ({ path: join(FOLDER, name), beside: config.fileNames })),
  ...PAGES.flatMap((folder) => scriptsIn(folder).map((name) => ({ path: join(folder, name), beside: [] }))),
];
const found = [];
for (const { path, beside } of scripts) {
  const program = ts.createProgram([...beside, path], config.options, host);
  const own = program.getSourceFile(path);
  found.push(...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics());
  found.push(...program.getSyntacticDiagnostics(own), ...program.getSemanticDiagnostics(own));
}
if (found.length > 0) {
  const paths = { getCurrentDirectory: host.getCurrentDirectory, getCanonicalFileName: (name) => name };
  console.error(ts.formatDiagnostics(found, { ...paths, getNewLine: () => "\n" }));
}
console.log(`${scripts.length} scripts, ${found.length} type errors`);
process.exitCode = found.length > 0 ? 1 : 0;
