"use strict";
// The graph: colours are topics, sizes are degrees. Places were computed when the page was made.

const MANY = 1500; // entities, from which on those of little degree are shown only from near
const chart = { sigma: null, chosen: -1, near: new Set(), ranks: [], nearness: 1, filters: {}, colours: {} };

/** The row of the topic (a community of level 0) of each community. */
function topicOf(row) {
  const rows = new Map(DATA.communities.map((community, at) => [community.community, at]));
  while (DATA.communities[row].parent >= 0 && rows.has(DATA.communities[row].parent)) {
    row = rows.get(DATA.communities[row].parent);
  }
  return row;
}

/** Whether the filters above the graph let an entity through. */
function passes(row) {
  const { kind, community, since, until } = chart.filters;
  if (kind && ENTITIES.kind[row] !== kind) return false;
  if (community && String(ENTITIES.community[row]) !== community) return false;
  const full = (day, end) => day + "-01-01".slice(0, 10 - day.length) || end;
  if (since && (!ENTITIES.last[row] || full(ENTITIES.last[row]) < since)) return false;
  return !(until && (!ENTITIES.first[row] || full(ENTITIES.first[row]) > until));
}

/** The rank of each entity in its topic, by degree: from afar only the first of each are drawn. */
function ranksInTopics() {
  const counts = new Map();
  const ranks = [];
  const order = ENTITIES.id.map((_, row) => row).sort((a, b) => ENTITIES.degree[b] - ENTITIES.degree[a] || a - b);
  for (const row of order) {
    const rank = counts.get(ENTITIES.community[row]) ?? 0;
    counts.set(ENTITIES.community[row], rank + 1);
    ranks[row] = rank;
  }
  return ranks;
}

function buildGraph() {
  const graph = new graphology.UndirectedGraph();
  const largest = Math.max(1, ...ENTITIES.degree.slice().sort((a, b) => b - a).slice(0, 1));
  ENTITIES.id.forEach((_, row) => graph.addNode(row, {
    x: ENTITIES.x[row], y: ENTITIES.y[row], label: ENTITIES.title[row],
    size: 2.5 + 9 * Math.sqrt(ENTITIES.degree[row] / largest), color: colourOf(ENTITIES.community[row]),
  }));
  for (let at = 0; at < DATA.relationships.length; at += 2) {
    const [source, target] = [DATA.relationships[at], DATA.relationships[at + 1]];
    if (source !== target && !graph.hasEdge(source, target)) graph.addEdge(source, target);
  }
  return graph;
}

/** The colours of the style, read once and again when light turns to dark: each node and edge wants them. */
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["panel", "text", "line", "link"]) chart.colours[name] = style.getPropertyValue(`--${name}`).trim();
}

function drawHover(context, data, settings) {
  context.font = `${settings.labelSize}px ${settings.labelFont}`;
  const width = context.measureText(data.label).width;
  context.fillStyle = chart.colours.panel;
  context.fillRect(data.x + data.size, data.y - 11, width + 10, 22);
  context.fillStyle = chart.colours.text;
  context.fillText(data.label, data.x + data.size + 4, data.y + 5);
}

function drawNode(node, data) {
  const row = Number(node);
  const { chosen, near, ranks, nearness } = chart;
  const far = ranks.length > MANY && ranks[row] >= 25 * nearness && !near.has(row);
  if (!passes(row) || (far && row !== chosen)) return { ...data, hidden: true };
  if (chosen < 0) return data;
  if (row === chosen) return { ...data, highlighted: true, forceLabel: true, zIndex: 2 };
  return near.has(row) ? { ...data, forceLabel: near.size < 15, zIndex: 1 } : { ...data, color: chart.colours.line, label: "" };
}

function drawEdge(edge, data) {
  if (chart.chosen < 0) return data;
  const touches = chart.sigma.getGraph().hasExtremity(edge, chart.chosen);
  return touches ? { ...data, color: chart.colours.link, size: 1.5, zIndex: 1 } : { ...data, hidden: true };
}

function openGraph() {
  if (chart.sigma) {
    chart.sigma.resize();
    chart.sigma.refresh();
    return;
  }
  chart.ranks = ranksInTopics();
  readColours();
  try {
    chart.sigma = new Sigma(buildGraph(), byId("stage"), {
      nodeReducer: drawNode, edgeReducer: drawEdge, defaultDrawNodeHover: drawHover, zIndex: true,
      labelColor: { color: chart.colours.text }, labelFont: "system-ui, sans-serif", labelSize: 13,
      labelRenderedSizeThreshold: 6, allowInvalidContainer: true, defaultEdgeColor: chart.colours.line, hideEdgesOnMove: DATA.relationships.length > 20000,
    });
  } catch (error) {
    byId("stage").replaceChildren(el("p", { class: "error" }, "This browser draws no WebGL; find entities by name above."));
    return;
  }
  chart.sigma.on("clickNode", ({ node }) => { location.hash = `#/entity/${ENTITIES.id[node]}`; });
  chart.sigma.on("clickStage", () => { location.hash = "#/graph"; });
  chart.sigma.getCamera().on("updated", ({ ratio }) => {
    const nearness = ratio > 0.7 ? 1 : ratio > 0.35 ? 4 : ratio > 0.15 ? 16 : Infinity;
    if (nearness !== chart.nearness) { chart.nearness = nearness; redraw(); }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColours();
    chart.sigma.setSetting("labelColor", { color: chart.colours.text });
    chart.sigma.setSetting("defaultEdgeColor", chart.colours.line);
  });
  redraw();
}

function redraw() {
  if (chart.sigma) chart.sigma.refresh({ skipIndexation: true, schedule: true });
  const count = ENTITIES.id.reduce((sum, _, row) => sum + passes(row), 0);
  byId("shown").textContent = `${count.toLocaleString()} of ${ENTITIES.id.length.toLocaleString()} entities`;
}

/** Show an entity with those that it is related to; -1 shows all. */
function choose(row) {
  const before = chart.chosen;
  chart.chosen = row;
  chart.near = new Set();
  if (!chart.sigma) return;
  if (row < 0 && before >= 0) chart.sigma.getCamera().animatedReset();
  if (row >= 0) {
    chart.near = new Set(chart.sigma.getGraph().neighbors(row).map(Number));
    const place = chart.sigma.getNodeDisplayData(row);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    chart.sigma.getCamera().animate({ x: place.x, y: place.y, ratio: 0.5 }, { duration: still ? 0 : 300 });
  }
  redraw();
}

function search() {
  const words = byId("search").value.trim().toLocaleLowerCase();
  const rows = [];
  if (words) {
    ENTITIES.title.forEach((title, row) => {
      const at = title.toLocaleLowerCase().indexOf(words);
      if (at >= 0 && passes(row)) rows.push([at > 0, -ENTITIES.degree[row], row]);
    });
  }
  rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  byId("results").replaceChildren(...rows.slice(0, 12).map(([, , row]) => {
    const open = () => { location.hash = `#/entity/${ENTITIES.id[row]}`; };
    return el("li", {}, el("button", { click: open }, ENTITIES.title[row]));
  }));
}

function fillFilters() {
  const option = (value, text) => el("option", { value }, text);
  const kinds = DATA.overview.kinds.map(([kind, count]) => option(kind, `${kind || "other"} (${count})`));
  byId("kind").append(option("", "all"), ...kinds);
  const topics = DATA.communities.flatMap((community, row) => (community.level === 0 ? [option(row, community.title)] : []));
  byId("community").append(option("", "all"), ...topics);
  for (const id of ["kind", "community", "since", "until"]) {
    byId(id).addEventListener("change", () => {
      chart.filters[id] = byId(id).value;
      redraw();
      search();
    });
  }
  byId("search").addEventListener("input", search);
}
