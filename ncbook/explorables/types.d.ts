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


// ---- live_engine.js, and the pages that listen to it ----

type Matrix = [values: Float64Array, rowStep: number, columnStep: number];
type Product = (out: Float64Array, sizes: [m: number, n: number, k: number], left: Matrix, right: Matrix) => void;
type Arithmetic = { name: string; product: Product; numbers: (count: number) => Float64Array };
type Side = "train" | "test";
/** How many numbers a network holds, and the largest inner dimension of its products. */
type Room = { numbers: number; longest: number };
type Shapes = [name: string, shape: number[]][];
type LiveNetwork<Found> = { step: number; advance: () => unknown; isDue: () => boolean; measure: () => Found };
type Slices = { pause: () => void; resume: () => void };

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

type LiveCollapseSizes = { width: number; depth: number; classes: number };
type LiveCollapseRecipe = { learningRate: number; weightDecay: number; momentum: number; batch: number };
/**
 * perClass images of each class to train; random labels or true ones; the page measures at epochs that grow by the
 * factor `growth`, and draws the first `drawn` points of each of three classes and sets.
 */
type LiveCollapseSettings = LiveCollapseSizes & {
  images: string; perClass: number; random: boolean; seed: number; steps: number; recipe: LiveCollapseRecipe;
  planeClasses: number[]; drawn: number; growth: number; compiled: string;
};
type LiveCollapseOutcome = Record<"loss" | "error" | "nc1" | "norms" | "angles" | "nc3" | "nc4", number>;
type LiveCollapsePlane = Record<"points" | "means" | "rows", number[]>;
type LiveCollapseProbe = {
  step: number; epoch: number; train: LiveCollapseOutcome; test: LiveCollapseOutcome; plane: LiveCollapsePlane;
};
