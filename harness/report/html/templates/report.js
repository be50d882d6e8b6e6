/* Tables that sort and filter, and plots in the colours of the page. */
"use strict";

const PALETTE = {
  light: ["#0b5fae", "#c75300", "#1b7f3b", "#8e3fb0", "#b3261e", "#00798a", "#7a6200", "#5b6675"],
  dark: ["#7cb8f2", "#ffa65c", "#6fcf87", "#d3a0ee", "#ff8a80", "#5fd0df", "#e3cb5a", "#b7c1cc"],
};
const SCALE = {
  light: [[0, "#ffffff"], [1, "#0b5fae"]],
  dark: [[0, "#14181d"], [1, "#3f8fd6"]],
};
const dark = matchMedia("(prefers-color-scheme: dark)");
let printing = false;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function dressed(figure, height) {
  const theme = dark.matches && !printing ? "dark" : "light";
  const palette = PALETTE[theme];
  const paper = printing
    ? { ink: "#000000", line: "#cccccc", ground: "#ffffff" }
    : { ink: colour("--ink"), line: colour("--line"), ground: colour("--ground") };
  const copy = JSON.parse(JSON.stringify(figure));
  copy.data.forEach((trace, place) => {
    if (trace.type === "heatmap") {
      trace.colorscale = SCALE[theme];
      return;
    }
    const own = palette[(trace.meta?.color ?? place) % palette.length];
    trace.marker = { ...trace.marker, color: own };
    const edge = { color: trace.type === "bar" ? paper.ground : own, width: 0.5 };
    trace.marker.line = { ...edge, ...trace.marker.line };
    if (trace.line || trace.mode?.includes("lines")) trace.line = { ...trace.line, color: own };
    const error = trace.type === "bar" ? paper.ink : own;
    for (const axis of ["error_x", "error_y"]) if (trace[axis]) trace[axis].color = error;
  });
  for (const shape of copy.layout.shapes ?? []) shape.fillcolor = palette[1];
  const axis = { color: paper.ink, gridcolor: paper.line, zerolinecolor: paper.line,
    linecolor: paper.line, automargin: true };
  copy.layout = {
    ...copy.layout,
    xaxis: { ...axis, ...copy.layout.xaxis },
    yaxis: { ...axis, ...copy.layout.yaxis },
    height,
    autosize: true,
    paper_bgcolor: paper.ground,
    plot_bgcolor: paper.ground,
    font: { color: paper.ink, family: "system-ui, 'DejaVu Sans', sans-serif", size: 12 },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal",
      ...copy.layout.legend },
    margin: { l: 8, r: 12, t: 8, b: 8, pad: 2 },
    hoverlabel: { align: "left" },
    dragmode: false,
  };
  return copy;
}

function draw() {
  for (const plot of document.querySelectorAll(".plot")) {
    plot.figure ??= JSON.parse(plot.querySelector("script").textContent);
    const made = dressed(plot.figure, Number(plot.dataset.height));
    if (printing) made.layout.width = 900;
    Plotly.react(plot, made.data, made.layout,
      { displaylogo: false, displayModeBar: false, responsive: true });
  }
}

function compare(left, right) {
  const missing = ("missing" in left.dataset) - ("missing" in right.dataset);
  if (missing) return { missing };
  if ("order" in left.dataset && "order" in right.dataset)
    return { by: Number(left.dataset.order) - Number(right.dataset.order) };
  return { by: left.textContent.localeCompare(right.textContent, "en", { numeric: true }) };
}

function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].sort((left, right) => {
        const { missing, by } = compare(left.cells[place], right.cells[place]);
        return missing ?? (down ? -by : by);
      });
      table.tBodies[0].append(...rows);
    });
  });
}

function filterable(box) {
  const input = box.querySelector("input");
  const rows = [...box.querySelector("tbody").rows];
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    const all = rows.length;
    box.querySelector("output").textContent = shown === all ? `${all} rows` : `${shown} of ${all} rows`;
  });
}

for (const box of document.querySelectorAll(".table")) {
  sortable(box.querySelector("table"));
  filterable(box);
}
if (document.querySelector(".plot")) {
  draw();
  dark.addEventListener("change", draw);
}
addEventListener("beforeprint", () => {
  printing = true;
  for (const one of document.querySelectorAll("details:not([open])")) {
    one.open = true;
    one.dataset.opened = "";
  }
  if (window.Plotly) draw();
});
addEventListener("afterprint", () => {
  printing = false;
  for (const one of document.querySelectorAll("details[data-opened]")) {
    one.open = false;
    delete one.dataset.opened;
  }
  if (window.Plotly) draw();
});
