// The scripts of the explorables are pasted into one function of a page, core.js first: plain scripts in strict mode,
// of which each sees what core.js declares, and what those declare that it refers to.

const { readFileSync, readdirSync } = require("node:fs");
const js = require("@eslint/js");
const globals = require("globals");

const FOLDER = `${__dirname}/ncbook/explorables`;
const textOf = (script) => readFileSync(`${FOLDER}/${script}`, "utf-8");
const referred = (script) => [...textOf(script).matchAll(/^\/\/\/ <reference path="([\w.]+)" \/>$/gm)].map(([, name]) => name);
const declaredIn = (script) => {
  const names = [...textOf(script).matchAll(/^(?:function|const|class) (\w+)/gm)].map(([, name]) => [name, "readonly"]);
  return Object.assign(Object.fromEntries(names), ...referred(script).map(declaredIn));
};
const ofCore = declaredIn("core.js");
const scripts = readdirSync(FOLDER).filter((name) => name.endsWith(".js"));
const needed = scripts.flatMap(referred); // what these declare is for others

const rules = {
  eqeqeq: "error",
  "no-implicit-globals": "off", // the function around the scripts holds them
  "no-shadow": ["error", { builtinGlobals: false, hoist: "never", allow: ["width", "height"] }],
  "no-use-before-define": ["error", { functions: false, variables: false }],
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": ["error", { destructuring: "all" }],
  "prefer-template": "error",
};

module.exports = [
  { ignores: ["_build/", ".venv*/"] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" }, rules },
  {
    files: ["ncbook/explorables/*.js"],
    ignores: ["ncbook/explorables/core.js"],
    languageOptions: { sourceType: "script", globals: { ...globals.browser, ...ofCore } },
    rules: { "no-unused-vars": ["error", { varsIgnorePattern: "^(explore|newNetwork)$" }] },
  },
  ...scripts.filter((name) => referred(name).length > 0).map((name) => ({
    files: [`ncbook/explorables/${name}`],
    languageOptions: { globals: Object.assign({}, ...referred(name).map(declaredIn)) },
  })),
  {
    files: ["core.js", ...needed].map((name) => `ncbook/explorables/${name}`),
    languageOptions: { sourceType: "script", globals: globals.browser },
    rules: { "no-unused-vars": ["error", { vars: "local" }] },
  },
  {
    files: ["tests/browser/*.js", "book/webassets/*.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
  },
  {
    files: ["tools/printing/*.js", "tools/slides/*.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
    rules: { "no-unused-vars": ["error", { vars: "local" }] },
  },
  { files: ["eslint.config.js"], languageOptions: { sourceType: "commonjs", globals: globals.node } },
  { files: ["tools/*.mjs", "tests/**/*.mjs"], languageOptions: { globals: globals.nodeBuiltin } },
];
