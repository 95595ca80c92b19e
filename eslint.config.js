// The scripts of the explorables are pasted into one function of a page, core.js first: plain scripts in strict mode,
// of which each sees what core.js declares.

const { readFileSync } = require("node:fs");
const js = require("@eslint/js");
const globals = require("globals");

const declared = /^(?:function|const|class) (\w+)/gm;
const core = readFileSync(`${__dirname}/ncbook/explorables/core.js`, "utf-8");
const ofCore = Object.fromEntries([...core.matchAll(declared)].map(([, name]) => [name, "readonly"]));

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
    rules: { "no-unused-vars": ["error", { varsIgnorePattern: "^(explore|serve|trainInSlices)$" }] },
  },
  {
    files: ["ncbook/explorables/core.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
    rules: { "no-unused-vars": ["error", { vars: "local" }] },
  },
  {
    files: ["tests/browser/*.js", "book/webassets/*.js"],
    languageOptions: { sourceType: "script", globals: globals.browser },
  },
  { files: ["eslint.config.js"], languageOptions: { sourceType: "commonjs", globals: globals.node } },
  { files: ["tools/*.mjs", "tests/**/*.mjs"], languageOptions: { globals: globals.nodeBuiltin } },
];
