// One mention as a card. Whatever a post says is set as text, never as markup.

import { el, languageName, link, moment, percent, said, signed } from "./dom.js";

const RELATIONS = { own: "own post", reply: "reply to it", mention: "mention", community: "in its community" };
const SYMBOLS = { negative: "▼", neutral: "●", positive: "▲" };
// From here on a probability is shown as a signal. The model's yes begins at 0.5, but a chip reads like an accusation.
const SIGNAL = 0.7;

// Cuts a text where pieces begin and end, and marks them. Offsets count Unicode code points, as the events do.
export function marked(text, matched, evidence, parent) {
  const points = Array.from(text);
  const inside = (piece) => piece.start >= 0 && piece.start < piece.end && piece.end <= points.length;
  const matches = matched.filter(inside);
  const weights = evidence.filter(inside);
  const strongest = Math.max(...weights.map((piece) => Math.abs(piece.weight)), 1e-9);
  const cuts = new Set([0, points.length]);
  for (const piece of [...matches, ...weights]) cuts.add(piece.start).add(piece.end);
  const edges = [...cuts].sort((a, b) => a - b);
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const [start, end] = [edges[i], edges[i + 1]];
    const covers = (piece) => piece.start <= start && end <= piece.end;
    const words = points.slice(start, end).join("");
    const weight = weights.find(covers);
    const match = matches.some(covers);
    if (!weight && !match) {
      parent.append(words);
      continue;
    }
    const mark = el("mark", match ? "match" : "", words);
    if (weight) {
      const side = weight.weight > 0 ? "for" : "against";
      mark.classList.add(side);
      if (Math.abs(weight.weight) < strongest / 2) mark.classList.add("weak");
      mark.title = `speaks ${side} (${signed(weight.weight)})`;
      mark.setAttribute("aria-description", `speaks ${side}`);
    } else {
      mark.title = "what matched";
    }
    parent.append(mark);
  }
  return parent;
}

function chip(className, words, title) {
  const element = el("li", className, words);
  if (title) element.title = title;
  return element;
}

function verdict(sentiment) {
  if (!sentiment) return el("p", "verdict none", "not scored");
  const words = sentiment.abstained ? `unsure, ${sentiment.label}?` : sentiment.label;
  const box = el("p", `verdict ${sentiment.label}${sentiment.abstained ? " unsure" : ""}`);
  const symbol = el("span", "", sentiment.abstained ? "◌" : SYMBOLS[sentiment.label]);
  symbol.setAttribute("aria-hidden", "true");
  box.append(symbol, ` ${words} `, el("b", "", signed(sentiment.score)));
  box.title = `negative ${percent(sentiment.negative)}, neutral ${percent(sentiment.neutral)}, positive ${percent(sentiment.positive)}`;
  return box;
}

function signals(mention) {
  const chips = [];
  for (const name of ["complaint", "offensive", "spam"]) {
    const probability = mention.signals[name];
    if (probability !== null && probability >= SIGNAL) chips.push(chip(`signal ${name}`, name, percent(probability)));
  }
  if (mention.signals.question) chips.push(chip("signal question", "question"));
  return chips;
}

// That the user's lexicon overruled the model, and what it overruled.
function corrected(sentiment) {
  if (!sentiment?.corrected) return [];
  const { by, label, score } = sentiment.corrected;
  const before = `the model said ${label} ${signed(score)}`;
  const element = chip("corrected", `corrected: ${by.join(", ")}`, before);
  element.setAttribute("aria-description", before);
  return [element];
}

function source(mention) {
  const words = `on ${mention.source}${mention.kind && mention.kind !== "post" ? `, ${mention.kind}` : ""}`;
  return link(mention.url, "source", words);
}

export function card(mention) {
  const author = said("span", "author", mention.author ?? "someone");
  const head = el("header", "", author, source(mention), moment(mention.created_at), verdict(mention.sentiment));
  const pieces = (field) => [mention.matched, mention.evidence].map((list) => list.filter((piece) => (piece.in ?? "text") === field));
  const body = [];
  for (const [field, tag] of [["title", "h3"], ["text", "p"]]) {
    if (!mention[field]) continue;
    const block = marked(mention[field], ...pieces(field), el(tag, field));
    block.dir = "auto";
    if (mention.language.code !== "und") block.lang = mention.language.code;
    if (field === "text" && mention.cut) block.append("…");
    body.push(block);
  }
  const chips = el("ul", "chips");
  if (mention.entity) chips.append(chip("entity", mention.entity.name, mention.entity.kind));
  if (mention.relation) chips.append(chip(`relation ${mention.relation}`, RELATIONS[mention.relation]));
  if (mention.op !== "observed") chips.append(chip("op", mention.op));
  const { code, measured } = mention.language;
  const language = chip("language", languageName(code), measured || code === "und" ? "" : "the model was not measured on this language");
  if (!measured && code !== "und") language.append(el("i", "", " unmeasured"));
  chips.append(language, ...mention.topics.map((topic) => chip("topic", `#${topic.id}`, `topic, ${percent(topic.score)}`)), ...signals(mention), ...corrected(mention.sentiment));
  const article = el("article", "", head, ...body, chips);
  return el("li", `card ${mention.sentiment?.abstained ? "unsure" : mention.sentiment?.label ?? "none"} ${mention.relation ?? ""}`, article);
}

// A record that could not be read.
export function rejected(line) {
  const where = line.field ? ` at ${line.field}` : "";
  return el("li", "dead", el("b", "", "dead letter"), ` ${line.reason}${where}: ${line.detail}`);
}

// What a search looks through.
export function words(mention) {
  return [mention.text, mention.title, mention.author, mention.source, mention.entity?.name, ...mention.topics.map((topic) => topic.id)].filter(Boolean).join("\n").toLowerCase();
}
