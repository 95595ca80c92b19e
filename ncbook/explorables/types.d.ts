// Types that the scripts of this folder share. Nothing of this reaches a page.

/** A point of the data, or a place in pixels. */
type Point = [x: number, y: number];
/** A curve: a value at each time; null where it is not defined. */
type Curve = (number | null)[];
/** What `pack` in _page.py makes of an array. */
type Packed = { shape: number[]; scale: number; int16: string };
/** The same array, read. Row-major. */
type Unpacked = { shape: number[]; values: Float64Array };

type Context = CanvasRenderingContext2D;
type Canvas = HTMLCanvasElement;
type Color = (name: string) => string;
/** What `mark` sets of the context. */
type Paint = Partial<Pick<Context, "fillStyle" | "strokeStyle" | "globalAlpha" | "lineWidth">>;
/** A part of a figure by its class name without "nc-": whatever element the figure has under this name. */
type Part = (name: string) => HTMLInputElement & HTMLSelectElement & HTMLCanvasElement;
type Style = [color: string, dashes: number[]];

/** An axis from pixel `from` to pixel `to`. */
type Span = { from: number; to: number };
type Scale = Span & { at: (value: number) => number };
type Extent = { low: number; high: number; hasZero: boolean };
type LogAxis = Scale & Extent & { cut: number; decade: number };
type LinearAxis = Scale & { low: number; high: number };
/** What `drawFrame` needs to know of an axis. */
type Framed = Span & { hasZero: boolean; cut?: number };
type Tick = { value: number; label: string };
type TickedAxis = Scale & Framed & { ticks: Tick[] };




// ---- live_grokking_engine.js, and the page that listens to it ----

type GrokkingSizes = { p: number; dim: number; width: number };
type GrokkingRecipe = { learningRate: number; weightDecay: number; betas: number[]; eps: number; warmUp: number };
type GrokkingSettings = GrokkingSizes & {
  fraction: number; seed: number; steps: number; recipe: GrokkingRecipe; compiled: string;
};
type GrokkingOutcome = { loss: number; accuracy: number };
/** What the engine measures of its network at a step. */
type GrokkingProbe = {
  step: number; train: GrokkingOutcome; test: GrokkingOutcome; flatness: number; norm: number;
  frequency: number; spectrum: number[]; points: number[];
};
