// One entity: its chart, what moved it, what rises, its community, its alerts.

import { item } from "./alerts.js";
import { $, count, el, lasting, link, many, moment, percent, rate, redraw, said, signed } from "./dom.js";
import { chart } from "./line.js";
import { moved } from "./moved.js";

const NAMES = { "1h": "last hour", "24h": "last day", "7d": "last week" };
const AGAINST = { "1h": "Last hour against last day", "24h": "Last day against last week", "7d": "Last week against the long run" };
const KINDS = { hashtag: "hashtag", phrase: "phrase", topic: "topic" };

function tile(name, level, chosen) {
  const share = typeof level.share_of_voice === "number" ? `, ${percent(level.share_of_voice)} of voice` : "";
  return el("li", chosen ? "chosen" : "", el("span", "name", NAMES[name]), el("b", "score", String(Math.round(level.reputation))), el("span", "range", `${Math.round(level.low)} to ${Math.round(level.high)}`),
    el("span", "rests", `${many(level.effective_mentions, "effective mention", "effective mentions")}${share}`));
}

function change(standing, window) {
  const { change } = standing.windows[window] ?? {};
  if (!change) return [];
  const ways = moved(change);
  return [el("h3", "", "What moved it"), el("p", "lead", `${AGAINST[window]}: ${signed(change.points, 1)} points.`), ways.length > 0 ? el("div", "ways", ...ways) : el("p", "empty", "Nothing moved it.")];
}

function trend(trend) {
  const term = said("b", "term", trend.kind === "hashtag" ? `#${trend.term}` : trend.term);
  return el("li", "", term, " ", el("span", "kind", KINDS[trend.kind] ?? trend.kind), el("span", "rests", `${rate(trend.rate)} an hour, ${rate(trend.before)} before; ${many(trend.authors, "author", "authors")}`));
}

function rising(standing) {
  const { trends } = standing;
  return [el("h3", "", "What rises"), trends.length > 0 ? el("ul", "trends", ...trends.map(trend)) : el("p", "empty", "Nothing is said much more than before.")];
}

function facts(community) {
  const known = [
    ["Active authors, 30 days", community.active_authors, count],
    ["New among them", community.newcomer_share, percent],
    ["Came back", community.retention, percent],
    ["First reply of its own, median", community.first_reply_seconds?.median, lasting],
    ["First answer of anybody, median", community.first_answer_seconds?.median, lasting],
    ["Replies between members", community.conversation_index, percent],
  ].filter(([, value]) => value !== null && value !== undefined);
  return known.length === 0 ? [] : [el("dl", "facts-list", ...known.map(([name, value, tell]) => el("div", "", el("dt", "", name), el("dd", "", tell(value)))))];
}

function excerpt(post, ...more) {
  return el("li", "", el("p", "byline", said("span", "author", post.author ?? "someone"), " ", link(post.url, "source", `on ${post.source}`), ...more), said("p", "text", post.text));
}

function waiting(community, at) {
  const posts = community.unanswered_posts;
  const age = (post) => el("b", "age", ` waits for ${lasting((at - new Date(post.created_at)) / 1000)}`);
  const all = community.unanswered ?? posts.length;
  const lead = all > posts.length ? el("p", "lead", `${count(all)} posts wait; the oldest and the newest are listed.`) : null;
  return [el("h3", "", "Unanswered"), lead, posts.length > 0 ? el("ol", "excerpts", ...posts.map((post) => excerpt(post, age(post)))) : el("p", "empty", community.unanswered === null ? "Not known: the entity has no accounts or spaces on the watchlist." : "Nobody waits for an answer.")];
}

function voices(community) {
  const parts = [];
  if (community.questions.length > 0) {
    const asked = (question) => excerpt(question.example, el("b", "age", ` asked ${many(question.count, "time", "times")}`));
    parts.push(el("h3", "", "Asked again and again"), el("ul", "excerpts", ...community.questions.map(asked)));
  }
  if (community.advocates.length > 0) {
    const one = (fan) => el("li", "", said("b", "", fan.author), ` on ${fan.source}: ${count(fan.positive)} for, ${count(fan.negative)} against`);
    parts.push(el("h3", "", "Advocates"), el("ul", "advocates", ...community.advocates.map(one)));
  }
  return parts;
}

// Shows the answer of /api/entities; `null` hides the section. Says whether all of it is shown.
export function detail(answer, window) {
  const section = $("detail");
  section.hidden = answer === null;
  if (answer === null) return true;
  const { standing } = answer;
  const focused = section.contains(document.activeElement);
  let whole = true;
  const show = (id, data, draw) => {
    whole = redraw($(id), data, draw, answer.id) && whole;
  };
  $("detail-title").textContent = answer.name;
  show("about", [answer.kind, answer.group, answer.at], () => [answer.kind, answer.group ? ` in ${answer.group}` : "", ", as of ", moment(answer.at)]);
  show("tiles", [answer.windows, window], () => Object.entries(answer.windows).map(([name, level]) => tile(name, level, name === window)));
  show("history", [answer.name, answer.history, window], () => chart(answer.history, answer.name));
  $("history-caption").textContent = `Reputation, ${NAMES[window]}, with its 95 % band: 0 all against, 100 all for. Times are those of the posts.`;
  const bare = () => [el("p", "empty", "Of this entity only the figures are kept: too much is known of others.")];
  show("why", [standing?.windows, window], () => (standing ? change(standing, window) : bare()));
  show("trends", [standing?.trends], () => (standing ? rising(standing) : []));
  const { community } = standing ?? {};
  show("waiting", [community?.unanswered, community?.unanswered_posts, answer.at], () => (community ? waiting(community, new Date(answer.at)) : []));
  show("community", [community], () => (community ? [el("h3", "", "Community"), ...facts(community), ...voices(community)] : []));
  const { open, over } = answer.alerts;
  const all = [...open.map((alert) => item(alert, "open")), ...over.map((alert) => item(alert, "over"))];
  show("its-alerts", [open, over], () => (all.length > 0 ? [el("h3", "", "Its alerts"), el("ul", "alert-list", ...all)] : []));
  // Another entity took the place of a link that had the focus.
  if (focused && !section.contains(document.activeElement)) $("detail-title").focus({ preventScroll: true });
  return whole;
}
