"use strict";
// What is shown beside the graph and the answer: topics, documents, the overview, and the panel of one entity or document.

/** Rectangles for values (largest first) that fill a box, each as square as may be (Bruls, Huizing, van Wijk 2000). */
function squarify(values, box) {
  const scale = (box.width * box.height) / values.reduce((sum, value) => sum + value, 0);
  const areas = values.map((value) => value * scale);
  const placed = [];
  let { x, y, width, height } = box;
  const worst = (row, side) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return Math.max((side * side * row[0]) / (sum * sum), (sum * sum) / (side * side * row[row.length - 1]));
  };
  for (let first = 0; first < areas.length;) {
    const side = Math.min(width, height);
    let last = first + 1;
    while (last < areas.length && worst(areas.slice(first, last + 1), side) <= worst(areas.slice(first, last), side)) last += 1;
    const depth = areas.slice(first, last).reduce((a, b) => a + b, 0) / side;
    let along = 0;
    for (const area of areas.slice(first, last)) {
      const length = area / depth;
      placed.push(width >= height ? { x, y: y + along, width: depth, height: length } : { x: x + along, y, width: length, height: depth });
      along += length;
    }
    if (width >= height) { x += depth; width -= depth; } else { y += depth; height -= depth; }
    first = last;
  }
  return placed;
}

function treemap(rows) {
  const map = el("div", { id: "treemap" });
  const ordered = [...rows].sort((a, b) => DATA.communities[b].entities.length - DATA.communities[a].entities.length || a - b);
  const boxes = squarify(ordered.map((row) => Math.max(1, DATA.communities[row].entities.length)), { x: 0, y: 0, width: 100, height: 62 });
  ordered.forEach((row, at) => {
    const { x, y, width, height } = boxes[at];
    const community = DATA.communities[row];
    const open = () => { location.hash = `#/topics/${row}`; };
    const label = `${community.title} (${community.entities.length})`;
    const tile = el("button", { click: open, title: label }, label);
    Object.assign(tile.style, {
      left: `${x}%`, top: `${(y / 62) * 100}%`, width: `${width}%`, height: `${(height / 62) * 100}%`, background: colourOf(topicOf(row)),
    });
    map.append(tile);
  });
  return map;
}

function showTopics(row) {
  const numbered = (number) => DATA.communities.findIndex((community) => community.community === number);
  const community = row === null ? null : DATA.communities[row];
  const parent = community ? community.community : -1;
  const below = DATA.communities.flatMap((each, at) => (each.parent === parent ? [at] : []));
  const parts = [];
  if (community) {
    const above = numbered(community.parent);
    parts.push(el("p", {}, el("a", { href: above < 0 ? "#/topics" : `#/topics/${above}` }, above < 0 ? "All topics" : DATA.communities[above].title)));
    parts.push(el("h2", {}, community.title), ...blocks(community.summary));
  } else {
    parts.push(el("h2", {}, "Topics"), el("p", { class: "quiet" }, "Areas are numbers of entities; colours are those of the graph."));
  }
  if (below.length) parts.push(treemap(below));
  if (community) {
    if (community.findings.length) parts.push(el("h3", {}, "Findings"), el("ul", {}, community.findings.map((text) => el("li", {}, text))));
    const links = community.entities.slice(0, 200).flatMap((member) => [linkToEntity(ENTITIES.id[member], ENTITIES.title[member]), ", "]);
    parts.push(el("h3", {}, `Entities (${community.entities.length})`), el("p", {}, links.slice(0, -1)));
  }
  if (!below.length && !community) parts.push(el("p", {}, "The graph has no communities."));
  byId("topics").replaceChildren(el("div", {}, parts));
}

function showDocuments() {
  if (byId("documents").childElementCount) return;
  const list = el("ul");
  const note = el("p", { class: "quiet", role: "status" });
  const fill = () => {
    const words = filter.value.trim().toLocaleLowerCase();
    const { id, title, date, source } = DATA.documents;
    const rows = id.flatMap((_, row) => (`${title[row]} ${source[row]} ${date[row]}`.toLocaleLowerCase().includes(words) ? [row] : []));
    list.replaceChildren(...rows.slice(0, 300).map((row) => {
      const where = [date[row], source[row]].filter(Boolean).join(", ");
      return el("li", {}, el("a", { href: `#/document/${id[row]}` }, title[row] || "Untitled"), " ", el("span", { class: "quiet" }, where));
    }));
    note.textContent = rows.length > 300 ? `The first 300 of ${rows.length}` : `${rows.length} documents`;
  };
  const filter = el("input", { id: "filter", type: "search", autocomplete: "off", input: fill });
  byId("documents").append(el("h2", {}, "Documents"), el("div", { class: "bar" }, el("label", { for: "filter", class: "quiet" }, "Title, source or date"), filter), note, list);
  fill();
}

function showOverview() {
  if (byId("overview").childElementCount) return;
  const { counts, first, last, months, sources, kinds, top } = DATA.overview;
  const table = (rows) => el("table", {}, rows.map(([name, count]) => el("tr", {}, el("th", {}, name || "other"), el("td", {}, count.toLocaleString()))));
  const most = Math.max(1, ...months.map(([, count]) => count));
  const bars = el("div", { class: "bars", role: "img", "aria-label": months.map(([month, count]) => `${month}: ${count}`).join(", ") });
  for (const [month, count] of months) {
    const bar = el("div", { title: `${month}: ${count}` });
    bar.style.height = `${(count / most) * 100}%`;
    bars.append(bar);
  }
  byId("overview").append(
    el("h2", {}, "Overview"), table(Object.entries(counts)),
    el("h3", {}, "Documents by month"), months.length ? bars : el("p", {}, "No document has a date."),
    el("p", { class: "quiet" }, first ? `${first} to ${last}` : ""),
    el("h3", {}, "Most connected"), el("ol", {}, top.map((row) => el("li", {}, linkToEntity(ENTITIES.id[row], ENTITIES.title[row])))),
    el("h3", {}, "Sources"), sources.length ? table(sources) : el("p", {}, "No document names its source."),
    el("h3", {}, "Kinds of entities"), table(kinds),
  );
}

/** A quotation that opens its place. */
function quote(place) {
  const head = [place.date.slice(0, 10), place.title].filter(Boolean).join(", ");
  return el("li", {}, linkToPlace(place, head || "Untitled"), el("blockquote", {}, place.text));
}

function entityPanel(entity) {
  const row = ROW_OF.get(entity.id);
  const dot = el("span", { class: "dot" });
  dot.style.background = colourOf(ENTITIES.community[row]);
  const why = (alias) => (alias.reason ? ` (${[alias.reason, alias.evidence].filter(Boolean).join(": ")})` : "");
  const section = (title, items, tag = "ul") => (items.length ? [el("h3", {}, title), el(tag, {}, items)] : []);
  return [
    el("h2", { tabindex: "-1" }, dot, entity.title),
    el("p", { class: "quiet" }, `${entity.kind || "entity"}, in ${entity.frequency} passages, related to ${entity.degree}`),
    el("p", {}, entity.description),
    entity.evidence.length ? el("p", {}, linkToPlace(entity.evidence[0], "Where it is said")) : null,
    el("p", {}, el("a", { href: `#/graph/${entity.id}` }, "Show in the graph")),
    ...section("Also called", entity.aliases.map((alias) => el("li", {}, alias.name, el("span", { class: "quiet" }, why(alias))))),
    ...section("Related to", entity.neighbours.map((other) => el("li", {}, linkToEntity(other.id, other.title),
      el("details", {}, el("summary", { class: "quiet" }, "how"), other.evidence.length ? el("ul", {}, other.evidence.map(quote)) : other.description)))),
    ...section("Over time", entity.passages.map(quote)),
    ...section("Reports", entity.reports.map((report) => el("li", {}, el("b", {}, report.title), el("p", {}, report.summary)))),
  ];
}

function documentPanel(content, start, end) {
  const where = [content.date.slice(0, 10), content.source, content.author, content.path].filter(Boolean).join(", ");
  return [
    el("h2", { tabindex: "-1" }, content.title || "Untitled"),
    el("p", { class: "quiet" }, where),
    content.copy_of ? el("p", {}, "Near-identical to ", el("a", { href: `#/document/${content.copy_of}` }, "another document")) : null,
    documentText(content, start, end),
  ];
}
