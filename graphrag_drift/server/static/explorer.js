"use strict";
// The page as a whole: which view the address names, and questions with the answers that stream in.

const VIEWS = ["ask", "graph", "topics", "documents", "overview"];
let view = "";
let asking = null;

function show(name) {
  view = name;
  for (const each of VIEWS) byId(each).hidden = each !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (name === "graph") openGraph();
  if (name === "documents") showDocuments();
  if (name === "overview") showOverview();
}

function closePanel() {
  byId("panel").hidden = true;
  if (view === "graph" && chart.sigma) chart.sigma.resize();
}

async function openPanel(kind, id, make) {
  const hash = location.hash;
  let parts;
  try {
    parts = make(await load(kind, id));
  } catch (error) {
    parts = [el("p", { class: "error", role: "alert" }, `This cannot be shown: ${error.message}.`)];
  }
  if (location.hash !== hash) return;
  const close = el("button", { click: () => { location.hash = `#/${view}`; }, "aria-label": "Close details" }, "Close");
  const panel = byId("panel");
  panel.replaceChildren(close, ...parts.filter((part) => part !== null));
  panel.hidden = false;
  panel.scrollTop = 0;
  const lit = byId("lit");
  panel.querySelector("h2")?.focus({ preventScroll: Boolean(lit) });
  if (lit) lit.scrollIntoView({ block: "center" });
  else if (matchMedia("(max-width: 44rem)").matches) panel.scrollIntoView();
  if (view === "graph" && chart.sigma) chart.sigma.resize();
}

function route() {
  const [name, id, place] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  if (name === "entity" || (name === "graph" && id)) {
    show(name === "graph" ? "graph" : view || "graph");
    choose(ROW_OF.get(id) ?? -1);
    openPanel("entities", id, entityPanel);
  } else if (name === "document") {
    show(view || "ask");
    const [start, end] = place ? place.split("-").map(Number) : [null, null];
    openPanel("documents", id, (content) => documentPanel(content, start, end));
  } else {
    if (name === "topics") showTopics(DATA.communities[id] ? Number(id) : null);
    show(VIEWS.includes(name) ? name : DATA.served ? "ask" : "overview");
    closePanel();
    if (view === "graph") choose(-1);
  }
}

/** The Server-Sent Events of a response, as [kind, content]. */
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const whole = text.split("\n\n");
    text = whole.pop();
    for (const block of whole) {
      const fields = Object.fromEntries(block.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]));
      if (fields.data) yield [fields.event, JSON.parse(fields.data)];
    }
  }
}

/** One step of a search: what was chosen, and the questions of DRIFT, each with its answer when it has one. */
function showStep(kind, text) {
  const [first, ...rest] = text.trim().split("\n");
  const progress = byId("progress");
  if (kind === "answered") {
    const item = [...progress.children].find((each) => each.dataset.question === first);
    if (item) item.replaceChildren(el("details", {}, el("summary", {}, first), ...blocks(rest.join("\n").replace(/\[\d+\]/g, ""))));
  } else if (kind !== "mapped") {
    const item = el("li", {}, kind === "asked" ? `${first} …` : first);
    item.dataset.question = first;
    progress.append(item);
  }
}

function branch(node, citations) {
  for (const citation of node.citations) citations.set(citation.mark, citation);
  const head = `${node.question} (score ${Math.round(node.score)})`;
  const children = node.children.map((child) => branch(child, citations));
  return el("li", {}, el("details", {}, el("summary", {}, head), ...blocks(node.answer, citations)), children.length ? el("ul", {}, children) : null);
}

function showAnswer(answer) {
  const citations = new Map(answer.citations.map((citation) => [citation.mark, citation]));
  const parts = blocks(answer.text, citations);
  if (answer.tree) parts.push(el("h3", {}, "Questions and answers"), el("ul", { class: "tree" }, branch(answer.tree, new Map(citations))));
  if (answer.citations.length) {
    const items = answer.citations.map((source) => el("li", { value: String(source.mark) },
      linkToPlace(source, source.document_title || "Untitled"), " ",
      el("span", { class: "quiet" }, [source.source, source.date].filter(Boolean).join(", ")), el("blockquote", {}, source.quote)));
    parts.push(el("h3", {}, "Sources"), el("ol", { class: "sources" }, items));
  }
  if (answer.notes.length) parts.push(el("h3", {}, "Notes"), el("ul", {}, answer.notes.map((note) => el("li", {}, note))));
  byId("progress").replaceChildren();
  byId("answer").replaceChildren(...parts);
}

async function ask(event) {
  event.preventDefault();
  asking?.abort();
  const mine = (asking = new AbortController());
  const target = byId("answer");
  target.replaceChildren();
  byId("progress").replaceChildren();
  byId("stop").hidden = false;
  let text = "";
  try {
    const body = JSON.stringify({ question: byId("question").value, method: byId("method").value });
    const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
    const response = await fetch("/api/ask", { method: "POST", headers, body, signal: mine.signal });
    if (!response.ok) throw new Error((await response.json()).error.message);
    let whole = false;
    for await (const [kind, content] of eventsOf(response)) {
      if (kind === "error") throw new Error(content.error.message);
      if (kind === "done") { whole = true; showAnswer(content); }
      else if (kind === "token") target.replaceChildren(...blocks((text += content.text)));
      else showStep(kind, content.text);
    }
    if (!whole) throw new Error("the answer broke off");
  } catch (error) {
    if (mine === asking) target.append(el("p", { class: "error", role: "alert" }, mine.signal.aborted ? "Stopped." : `There is no answer: ${error.message}.`));
  }
  if (mine === asking) byId("stop").hidden = true;
}

function start() {
  byId("method").append(...DATA.methods.map((method) => el("option", {}, method)));
  byId("ask-form").hidden = !DATA.served;
  byId("no-server").hidden = DATA.served;
  byId("ask-form").addEventListener("submit", ask);
  byId("stop").addEventListener("click", () => asking?.abort());
  byId("skip").addEventListener("click", () => byId("main").focus());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("panel").hidden) location.hash = `#/${view}`;
  });
  fillFilters();
  addEventListener("hashchange", route);
  route();
}

start();
