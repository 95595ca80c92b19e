// A network that trains in the page under a button: in a worker, or in slices on this thread where the page may start
// no worker. The text of its engine comes with the data.

/**
 * @typedef {"new" | "running" | "paused" | "ended" | "failed"} Phase
 * @typedef {Slices & { stop: () => void }} Training
 */

/**
 * @template Settings, Found
 * @typedef {(settings: Settings, milliseconds: number, report: (found: Found[]) => void) => Slices} TrainHere
 */

/**
 * One training at a time, and the seconds that it has trained. `begin` gives the settings of a new one, `take` gets
 * what it measures, one by one, and `draw` shows what is known.
 * @template {{ steps: number }} Settings
 * @template {{ step: number }} Found
 */
class Session {
  /**
   * @param {HTMLElement} root
   * @param {string} engine
   * @param {{ begin: () => Settings, take: (found: Found) => void, draw: () => void }} page
   */
  constructor(root, engine, page) {
    this.root = root;
    this.engine = engine;
    this.page = page;
    /** @type {Phase} */
    this.phase = "new";
    /** @type {Training | null} */
    this.training = null;
    this.before = 0; // seconds of training up to the last pause
    /** @type {number | null} */
    this.since = null;
    this.waits = false;
  }

  /** @returns {number} */
  get seconds() {
    return this.before + (this.since === null ? 0 : (performance.now() - this.since) / 1000);
  }

  /** @type {(phase: Phase) => void} */
  enter(phase) {
    this.before = phase === "new" ? 0 : this.seconds;
    this.since = phase === "running" ? performance.now() : null;
    this.phase = phase;
  }

  /** @type {(phase: Phase) => void} */
  stop(phase) {
    this.training?.stop();
    this.training = null;
    this.enter(phase);
  }

  /** Starts, pauses or continues. */
  press() {
    if (this.training === null) this.start(this.page.begin());
    else if (this.phase === "running") this.training.pause();
    else this.training.resume();
    this.enter(this.phase === "running" ? "paused" : "running");
    this.page.draw();
  }

  /** @type {(settings: Settings) => void} */
  start(settings) {
    this.stop("new");
    const failed = () => {
      this.stop("failed");
      this.page.draw();
    };
    /** @type {(found: Found[]) => void} */
    const heard = (found) => this.hear(found, settings.steps);
    this.training = launch(this.engine, settings, heard, failed);
  }

  /** @type {(found: Found[], steps: number) => void} */
  hear(found, steps) {
    if (!this.root.isConnected) return this.stop("new"); // the cell ran again and this output is gone
    found.forEach(this.page.take);
    if ((found.at(-1)?.step ?? 0) >= steps) this.stop("ended");
    this.drawSoon();
  }

  /** Draws once in the next frame, however much is heard until then. */
  drawSoon() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      this.page.draw();
    });
  }
}

/**
 * Whether a network was trained to its end.
 * @type {(run: { settings: { steps: number }, found: { step: number }[] }) => boolean}
 */
const isWhole = ({ found, settings }) => found.at(-1)?.step === settings.steps;

/**
 * Gives a slider the moments of a network, and sets it to the last.
 * @type {(slider: HTMLInputElement, moments: number[]) => void}
 */
function setMoments(slider, moments) {
  namePlaces(slider, moments);
  slider.max = String(Math.max(0, moments.length - 1));
  slider.value = slider.max;
}

/**
 * Lengthens a slider to the moments of the same network; who stands at its end stays there.
 * @type {(slider: HTMLInputElement, moments: number[]) => void}
 */
function follow(slider, moments) {
  const [place, atEnd] = [slider.value, slider.value === slider.max];
  setMoments(slider, moments);
  if (!atEnd) slider.value = place;
}

/**
 * What the button does next.
 * @type {(phase: Phase, start: string) => string}
 */
function pressWords(phase, start) {
  return phase === "running" ? "Pause" : phase === "paused" ? "Continue" : start;
}

/**
 * A training that sends what it finds to `heard`; `failed` is called when none can run.
 * @template Settings, Found
 * @param {string} engine
 * @param {Settings} settings
 * @param {(found: Found[]) => void} heard
 * @param {() => void} failed
 * @returns {Training}
 */
function launch(engine, settings, heard, failed) {
  /** @type {Training | null} */
  let training = null;
  let [paused, stopped, spoke] = [false, false, false];
  /** @type {(found: Found[]) => void} */
  const hear = (found) => {
    spoke = true;
    if (!stopped) heard(found);
  };
  const fallBack = () => {
    training?.stop();
    training = stopped ? null : trainHere(engine, settings, hear);
    if (training === null) return failed();
    if (paused) training.pause();
  };
  try {
    // a page that may start no worker says so at once or by an error before the first word
    training = trainInWorker(engine, settings, hear, () => {
      if (!stopped) (spoke ? failed : fallBack)();
    });
  } catch {
    setTimeout(fallBack); // after the caller has what this function returns
  }
  /** @type {(name: "pause" | "resume") => void} */
  const order = (name) => {
    paused = name === "pause";
    training?.[name]();
  };
  const stop = () => {
    stopped = true;
    training?.stop();
  };
  return { pause: () => order("pause"), resume: () => order("resume"), stop };
}

/**
 * @template Settings, Found
 * @param {string} engine
 * @param {Settings} settings
 * @param {(found: Found[]) => void} hear
 * @param {() => void} failed
 * @returns {Training}
 */
function trainInWorker(engine, settings, hear, failed) {
  const address = URL.createObjectURL(new Blob([engine, "\nserve(self, newNetwork);"], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = (event) => {
    event.preventDefault();
    failed();
  };
  worker.postMessage(settings);
  /** @type {(name: "pause" | "resume") => () => void} */
  const order = (name) => () => worker.postMessage(name);
  return { pause: order("pause"), resume: order("resume"), stop: () => worker.terminate() };
}

const SLICE = 10; // milliseconds: with a step and a measurement after it, still short of what a reader notices

/**
 * The same on this thread, in slices short enough for the page to stay awake; null where even that is forbidden.
 * @template Settings, Found
 * @param {string} engine
 * @param {Settings} settings
 * @param {(found: Found[]) => void} hear
 * @returns {Training | null}
 */
function trainHere(engine, settings, hear) {
  /** @type {HTMLScriptElement & { ncTrain?: TrainHere<Settings, Found> }} */
  const script = document.createElement("script"); // runs wherever the script that you read runs, unlike `eval`
  const train = "(...given) => trainInSlices(newNetwork, ...given)";
  script.textContent = `document.currentScript.ncTrain = (() => {${engine}\nreturn ${train};})();`;
  document.head.append(script);
  script.remove();
  const training = script.ncTrain?.(settings, SLICE, hear) ?? null;
  return training && { ...training, stop: training.pause };
}
