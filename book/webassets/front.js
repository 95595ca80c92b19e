// The figure of the front page: moves its marks once through the recorded steps of a training, and again when asked.
// Without this script, and for a reader who wants less motion, it shows the last step.
"use strict";

const PER_STEP = 190; // milliseconds from one recorded step to the next
const BEFORE = 900; // milliseconds for which the first state stands still

/**
 * now[P] what is said at each step; marks[P] and means[P] are the places x, y, x, y, ... of marks and of class means.
 * @typedef {{ now: string[], marks: number[][], means: number[][] }} Movie
 */

/**
 * The places between two recorded steps lie on straight lines: at 2.5, half-way from step 2 to step 3.
 * @param {number[][]} states
 * @param {number} moment
 */
function placesAt(states, moment) {
  const before = Math.floor(moment);
  const [from, to] = [states[before], states[Math.min(before + 1, states.length - 1)]];
  return from.map((place, i) => place + (moment - before) * (to[i] - place));
}

/** @param {HTMLElement} figure */
function setUp(figure) {
  /** @type {<T extends Element>(name: string) => T[]} */
  const all = (name) => /** @type {any} */ ([...figure.querySelectorAll(name)]);
  /** @type {Movie} */
  const movie = JSON.parse(all("script")[0].textContent ?? "");
  const [marks, spokes, [now], [button]] = [all(".front-seen, .front-new"), all(".front-spoke"), all(".front-now"), all("button")];
  const last = movie.now.length - 1;

  /** @param {number} moment */
  const show = (moment) => {
    const [places, means] = [placesAt(movie.marks, moment), placesAt(movie.means, moment)];
    marks.forEach((mark, i) => mark.setAttribute("transform", `translate(${places[2 * i]} ${places[2 * i + 1]})`));
    spokes.forEach((spoke, c) => spoke.setAttribute("d", `M0 0L${means[2 * c]} ${means[2 * c + 1]}`));
    now.textContent = movie.now[Math.floor(moment)];
  };
  let run = 0; // a new one ends the one before
  const play = () => {
    const own = ++run;
    let start = 0;
    figure.dataset.state = "playing";
    show(0);
    /** @param {number} time */
    const next = (time) => {
      if (own !== run) return;
      start ||= time; // a page that is opened in the background waits until it is seen
      const moment = Math.min(last, Math.max(0, time - start - BEFORE) / PER_STEP);
      show(moment);
      if (moment < last) requestAnimationFrame(next);
      else figure.dataset.state = "done";
    };
    requestAnimationFrame(next);
  };
  /** @type {HTMLElement} */ (button).hidden = false;
  button.addEventListener("click", play);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) figure.dataset.state = "done";
  else play();
}

for (const figure of document.querySelectorAll(".front-figure")) setUp(/** @type {HTMLElement} */ (figure));
