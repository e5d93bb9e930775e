// Draws the page of `fastslow report` from the data in it, with Chart.js.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const main = document.querySelector("main");
const redraws = [];

// Told apart by people who see few colours, on light and on dark paper.
const PALETTE = ["#0f7ac4", "#e0731d", "#1f9d74", "#c75b9b", "#b8960a", "#5b6ee0", "#c9403a", "#5f8f1f"];
const PHASES = ["read", "lookahead", "filter", "first pass", "boundary", "rebase", "measure", "write"];
const WAIT = "#9aa3ad";

const colour = (i) => PALETTE[i % PALETTE.length];
const phaseColour = (name) => colour(PHASES.indexOf(name));
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const base = (path) => path.split("/").pop();
const decibels = (ssim) => -10 * Math.log10(Math.max(1 - ssim, 1e-9));
const digits = (value, n) => (value === null || value === undefined ? "inf" : value.toFixed(n));

function element(parent, tag, text = "", className = "") {
  const node = parent.appendChild(document.createElement(tag));
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

function section(title, note) {
  const node = element(main, "section");
  element(node, "h2", title);
  if (note) element(node, "p", note);
  return node;
}

// A card with a chart in it, drawn again when the colours change. `options` are Chart.js's.
function chart(parent, title, config, height) {
  const card = element(parent, "div", "", "card");
  element(card, "h3", title);
  const plot = element(card, "div", "", "plot");
  if (height) plot.style.height = `${height}px`;
  const canvas = element(plot, "canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", title);
  let drawn = null;
  redraws.push(() => {
    if (drawn) drawn.destroy();
    drawn = new Chart(canvas, config());
  });
}

function axis(title, more = {}) {
  return { title: { display: true, text: title }, grid: { color: css("--grid") }, ...more };
}

// --- Runs ---

function runName(run) {
  const plan = run.plan;
  const chain = plan.chunks_per_chain || "endless";
  return `${plan.effort} [${plan.chunk_frames}, ${chain}] cq ${plan.cq}`;
}

// Runs that differ in quality only make one curve.
function seriesName(run) {
  const plan = run.plan;
  const pass = plan.first_pass === "device" ? "" : `, ${plan.first_pass}`;
  return `${plan.effort} [${plan.chunk_frames}, ${plan.chunks_per_chain || "endless"}]${pass}`;
}

// Labels of several lines are arrays.
const runLines = (run) => [base(run.input), runName(run)];
const runLabel = (run) => `${base(run.input)}, ${runName(run)}`;

function drawRuns() {
  if (!data.runs.length) return;
  const node = section("Runs", "Quality is that of the encoder's own pictures; CPU time is over all threads.");
  const table = element(element(node, "div", "", "scroll"), "table");
  const head = element(table, "tr");
  for (const title of ["video, plan", "size", "pictures", "kb/s", "PSNR Y", "SSIM Y", "seconds", "pictures/s", "device", "threads"])
    element(head, "th", title);
  for (const run of data.runs) {
    const row = element(table, "tr");
    for (const cell of [runLabel(run), `${run.width}x${run.height}`, run.pictures, digits(run.kb_per_second, 1),
        digits(run.quality.psnr_y, 2), digits(run.quality.ssim_y, 4), digits(run.seconds, 2),
        digits(run.pictures_per_second, 1), run.plan.device, run.plan.threads])
      element(row, "td", cell);
  }
}

// --- Quality against rate ---

// clip -> series -> points of { kb, psnr, ssim }; kb are kilobits a picture.
function rateCurves() {
  const clips = new Map();
  const add = (clip, series, point) => {
    if (!clips.has(clip)) clips.set(clip, new Map());
    const all = clips.get(clip);
    if (!all.has(series)) all.set(series, []);
    all.get(series).push(point);
  };
  for (const run of data.runs)
    add(base(run.input), seriesName(run),
        { kb: run.bytes * 8e-3 / run.pictures, psnr: run.quality.psnr_y, ssim: decibels(run.quality.ssim_y) });
  for (const curve of data.curves)
    for (const point of curve.points)
      add(point.clip, point.encoder,
          { kb: point.bytes * 8e-3 / point.pictures, psnr: point.psnr_y_db, ssim: point.ssim_y_db });
  return clips;
}

// Rates that lie far apart are drawn by their logarithm, which is no good for labels of near ones.
function scaleOf(series) {
  const rates = [...series.values()].flat().map((point) => point.kb);
  return Math.max(...rates) > 4 * Math.min(...rates) ? "logarithmic" : "linear";
}

function rateChart(series, key, title) {
  return () => ({
    type: "scatter",
    data: {
      datasets: [...series].map(([name, points], i) => ({
        label: name, showLine: true, borderColor: colour(i), backgroundColor: colour(i), borderWidth: 2,
        data: points.filter((p) => p[key] !== null).map((p) => ({ x: p.kb, y: p[key] })).sort((a, b) => a.x - b.x),
      })),
    },
    options: { scales: { x: axis("kilobits a picture", { type: scaleOf(series) }), y: axis(title) } },
  });
}

function drawRates() {
  const clips = rateCurves();
  if (!clips.size) return;
  const grid = element(section("Quality against rate", "Up and to the left is better."), "div", "", "grid");
  for (const [clip, series] of clips) {
    chart(grid, `${clip}: PSNR`, rateChart(series, "psnr", "PSNR Y, dB"));
    chart(grid, `${clip}: SSIM`, rateChart(series, "ssim", "SSIM Y, dB: -10 log10(1 - SSIM)"));
  }
}

// --- Speed ---

function speeds() {
  const bars = data.runs.map((run) => ({ label: runLines(run), speed: run.pictures_per_second }));
  const sums = new Map();
  for (const curve of data.curves)
    for (const point of curve.points) {
      const key = JSON.stringify([point.clip, point.encoder]);
      const sum = sums.get(key) || { pictures: 0, seconds: 0 };
      sums.set(key, { pictures: sum.pictures + point.pictures, seconds: sum.seconds + point.wall_s });
    }
  for (const [key, sum] of sums) bars.push({ label: JSON.parse(key), speed: sum.pictures / sum.seconds });
  return bars;
}

const barHeight = (rows) => 90 + 30 * rows;

function drawSpeeds() {
  const bars = speeds();
  if (!bars.length) return;
  chart(section("Speed", "By the clock on the wall; longer is better."), "Pictures a second", () => ({
    type: "bar",
    data: {
      labels: bars.map((bar) => bar.label),
      datasets: [{ label: "pictures/s", data: bars.map((bar) => bar.speed), backgroundColor: colour(0) }],
    },
    options: {
      indexAxis: "y",
      plugins: { legend: { display: false } },
      scales: { x: axis("pictures/s", { beginAtZero: true }), y: { grid: { display: false } } },
    },
  }), barHeight(bars.length * 1.4));
}

function drawPhases() {
  const runs = data.runs;
  if (!runs.length) return;
  const key = (phase) => phase.replace(" ", "_");
  const phases = PHASES.filter((phase) => runs.some((run) => run.cpu_seconds[key(phase)] > 0));
  chart(section("Time per phase", "The first pass is parallel and slow; rebasing is what runs in series down each chain."),
    "CPU milliseconds a picture", () => ({
      type: "bar",
      data: {
        labels: runs.map(runLines),
        datasets: phases.map((phase) => ({
          label: phase, backgroundColor: phaseColour(phase),
          data: runs.map((run) => 1000 * (run.cpu_seconds[key(phase)] || 0) / run.pictures),
        })),
      },
      options: {
        indexAxis: "y",
        scales: { x: axis("ms a picture", { stacked: true }), y: { stacked: true, grid: { display: false } } },
      },
    }), barHeight(runs.length * 1.4 + 1));
}

// --- Bits per frame ---

// Of each picture: kilobits of its own frame, of hidden ones before it, its quality, whether it is a key frame.
function pictureRows(run) {
  const rows = [];
  for (const frame of run.frames) {
    while (rows.length <= frame.picture) rows.push({ own: 0, hidden: 0, key: false, psnr: null });
    const row = rows[frame.picture];
    if (frame.shown) {
      row.own += frame.bytes * 8e-3;
      row.key = frame.key;
      row.psnr = frame.psnr_y;
    } else {
      row.hidden += frame.bytes * 8e-3;
    }
  }
  return rows;
}

function frameChart(run) {
  const rows = pictureRows(run);
  return () => ({
    data: {
      labels: rows.map((row, i) => (row.key ? `${i} key` : i)),
      datasets: [
        { type: "line", label: "PSNR Y", data: rows.map((row) => row.psnr), yAxisID: "psnr", borderColor: colour(1),
          backgroundColor: colour(1), borderWidth: 1.5, pointRadius: 0 },
        { type: "bar", label: "key frame", data: rows.map((row) => (row.key ? row.own : 0)), backgroundColor: colour(6) },
        { type: "bar", label: "inter frame", data: rows.map((row) => (row.key ? 0 : row.own)), backgroundColor: colour(0) },
        { type: "bar", label: "hidden frame before it", data: rows.map((row) => row.hidden), backgroundColor: colour(4) },
      ].map((set) => (set.type === "bar" ? { ...set, stack: "bits", barPercentage: 1, categoryPercentage: 0.95 } : set)),
    },
    options: {
      interaction: { mode: "index", intersect: false },
      scales: {
        x: axis("picture", { stacked: true, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 12 } }),
        y: axis("kilobits", { stacked: true }),
        psnr: axis("PSNR Y, dB", { position: "right", grid: { display: false } }),
      },
    },
  });
}

function drawFrames() {
  const runs = data.runs.filter((run) => run.frames && run.frames.length);
  if (!runs.length) return;
  const node = section("Bits per frame", "Hidden frames are what later pictures are predicted from; a chain begins with a key frame.");
  const grid = element(node, "div", "", "grid");
  for (const run of runs) chart(grid, runLabel(run), frameChart(run));
}

// --- Timeline ---

// Bars by row: the chunk, and seconds from and to. A call of the first pass covers all its chunks.
function chunkBars(trace) {
  const begins = new Map();
  for (const span of trace.spans) if (span.name === "rebase") begins.set(span.chunk, span.picture);
  const bars = [];
  const decided = new Map();
  for (const span of trace.spans) {
    if (span.name === "first pass") {
      for (const [chunk, picture] of begins) {
        if (picture < span.picture || picture >= span.picture + span.pictures) continue;
        bars.push({ name: "first pass", row: chunk, from: span.begin, to: span.end });
        decided.set(chunk, span.end);
      }
    } else if (span.name === "rebase") {
      bars.push({ name: "rebase", row: span.chunk, from: span.begin, to: span.end });
    }
  }
  for (const bar of bars.filter((b) => b.name === "rebase"))
    if (decided.has(bar.row)) bars.push({ name: "wait", row: bar.row, from: decided.get(bar.row), to: bar.from });
  return { bars, rows: [...begins.keys()].sort((a, b) => a - b) };
}

function threadBars(trace) {
  const bars = trace.spans.map((span) => ({ name: span.name, row: span.track, from: span.begin, to: span.end, chunk: span.chunk }));
  return { bars, rows: [...new Set(bars.map((bar) => bar.row))].sort((a, b) => a - b) };
}

function timeline({ bars, rows }, names, labelOf, rowTitle) {
  return () => ({
    type: "bar",
    data: {
      labels: rows.map(labelOf),
      datasets: names.map((name) => ({
        label: name, grouped: false, barPercentage: 0.9, categoryPercentage: 0.95, minBarLength: 1,
        backgroundColor: name === "wait" ? WAIT : phaseColour(name),
        data: bars.filter((bar) => bar.name === name).map((bar) => ({ x: [bar.from, bar.to], y: labelOf(bar.row), chunk: bar.chunk })),
      })),
    },
    options: {
      indexAxis: "y",
      plugins: { tooltip: { callbacks: { label: (item) => {
        const { x, chunk } = item.raw;
        return `${item.dataset.label}${chunk === undefined ? "" : ` of chunk ${chunk}`}: ${x[0].toFixed(3)} to ${x[1].toFixed(3)} s`;
      } } } },
      scales: { x: axis("seconds"), y: { title: { display: true, text: rowTitle }, grid: { display: false } } },
    },
  });
}

function drawTraces() {
  for (const trace of data.traces) {
    const node = section(`Timeline: ${base(trace.file)}`,
      "A chunk is decided about while others are; then it waits for the one before it in its chain, and is rebased onto what that came to.");
    const grid = element(node, "div");
    const chunks = chunkBars(trace);
    const chains = new Map(trace.spans.filter((s) => s.chain !== undefined).map((s) => [s.chunk, s.chain]));
    if (chunks.rows.length)
      chart(grid, "Chunks", timeline(chunks, ["first pass", "wait", "rebase"],
        (chunk) => (chains.has(chunk) ? `${chunk} in chain ${chains.get(chunk)}` : `${chunk}`), "chunk"),
        Math.min(1200, 120 + 14 * chunks.rows.length));
    const threads = threadBars(trace);
    const names = PHASES.filter((name) => threads.bars.some((bar) => bar.name === name));
    element(grid, "br");
    chart(grid, "Threads", timeline(threads, names, (track) => trace.tracks[track] || `track ${track}`, "thread"),
      barHeight(threads.rows.length));
    if (trace.left_out) element(node, "p", `${trace.left_out} spans are left out: only the first are drawn.`);
  }
}

// --- Stills ---

function drawStills() {
  for (const { title, note, stills } of data.stills) {
    const node = section(title, note);
    for (const still of stills) {
      const figure = element(node, "figure");
      const image = element(figure, "img");
      image.src = still.png;
      image.alt = `Picture ${still.picture}: source, coded, difference`;
      element(figure, "figcaption", `Picture ${still.picture}: PSNR Y ${digits(still.psnr_y, 2)} dB, SSIM Y ${digits(still.ssim_y, 4)}`);
    }
  }
}

function redraw() {
  Chart.defaults.color = css("--ink");
  Chart.defaults.borderColor = css("--grid");
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  for (const again of redraws) again();
}

// What a test looks for: how many charts there are, or what went wrong.
try {
  for (const draw of [drawRuns, drawRates, drawSpeeds, drawPhases, drawFrames, drawTraces, drawStills]) draw();
  for (const note of data.notes) element(main, "p", note);
  redraw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.body.dataset.charts = redraws.length;
} catch (error) {
  document.body.dataset.error = error.message;
  element(main, "p", `This page could not be drawn: ${error.message}`, "error");
}
