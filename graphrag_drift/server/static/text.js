"use strict";
// What all of the page shares: its data, elements made of text, and answers with their marks. Nothing here or elsewhere
// parses HTML: whatever documents and models say becomes text nodes.

const DATA = JSON.parse(document.getElementById("data").textContent);
const ENTITIES = DATA.entities;
const ROW_OF = new Map(ENTITIES.id.map((id, row) => [id, row]));

const byId = (id) => document.getElementById(id);

/** An element with attributes (functions listen) and children; strings are text, null is nothing. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null));
  return element;
}

/** An entity or a document in full: from the page, if it holds all, else from the server. */
async function load(kind, id) {
  if (!DATA.served) {
    if (!DATA.details[kind][id]) throw new Error("there is nothing under that name");
    return DATA.details[kind][id];
  }
  const response = await fetch(`/api/${kind}/${encodeURIComponent(id)}`);
  const content = await response.json();
  if (!response.ok) throw new Error(content.error.message);
  return content;
}

/** A colour for a number: neighbours differ, and the same number has the same. */
function colourOf(number) {
  if (number < 0) return "#8a8f98";
  const hue = (number * 137.508 + 210) % 360;
  const channel = (n) => {
    const k = (n + hue / 30) % 12;
    const value = 0.58 - 0.55 * 0.42 * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

const linkToEntity = (id, title) => el("a", { href: `#/entity/${id}` }, title);
const linkToPlace = (place, text) => el("a", { href: `#/document/${place.document_id}/${place.start}-${place.end}` }, text);

/** **bold** and [marks] of one line; a mark opens the passage that it cites. */
function inline(text, citations) {
  return text.split(/(\*\*.+?\*\*|\[\d+\])/).filter(Boolean).map((piece) => {
    if (piece.startsWith("**") && piece.length > 4) return el("b", {}, piece.slice(2, -2));
    const citation = /^\[\d+\]$/.test(piece) && citations.get(Number(piece.slice(1, -1)));
    if (!citation) return piece;
    const link = linkToPlace(citation, piece);
    link.className = "mark";
    link.title = citation.document_title;
    return link;
  });
}

/** The Markdown that answers are written in: headings, lists, paragraphs. */
function blocks(text, citations = new Map()) {
  const made = [];
  let list = null;
  for (const line of text.split("\n")) {
    const item = /^\s*[-*•]\s+(.*)$/.exec(line);
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    if (item) {
      if (!list) made.push((list = el("ul")));
      list.append(el("li", {}, inline(item[1], citations)));
      continue;
    }
    list = null;
    if (heading) made.push(el("h3", {}, inline(heading[1], citations)));
    else if (line.trim()) made.push(el("p", {}, inline(line.trim(), citations)));
  }
  return made;
}

/** A document's text with its names as links and the characters from `start` to `end` lit. Offsets count characters. */
function documentText(content, start, end) {
  const characters = Array.from(content.text);
  const slice = (from, to) => characters.slice(from, to).join("");
  const named = (from, to) => {
    const pieces = [];
    let at = from;
    for (const [first, last, row] of content.mentions) {
      if (first < at || last > to) continue;
      pieces.push(slice(at, first), linkToEntity(ENTITIES.id[row], slice(first, last)));
      at = last;
    }
    return [...pieces, slice(at, to)];
  };
  if (start === null) return el("div", { class: "text" }, named(0, characters.length));
  const lit = el("mark", { id: "lit" }, named(start, end));
  return el("div", { class: "text" }, named(0, start), lit, named(end, characters.length));
}
