// A page is printed in light colors, which figures that draw themselves follow, and with open folds.
"use strict";

{
  const root = document.documentElement;
  let theme = root.dataset.theme;
  /** @type {HTMLDetailsElement[]} */
  let folds = [];

  window.addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    folds = [...document.querySelectorAll("details")].filter((fold) => !fold.open);
    for (const fold of folds) fold.open = true;
  });
  window.addEventListener("afterprint", () => {
    root.dataset.theme = theme;
    for (const fold of folds) fold.open = false;
  });
}
