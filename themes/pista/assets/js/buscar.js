// The search. Only its page loads this, and the index comes with the first key.
//
// The index says which word is in which article; the passages of those that are shown come from a module for each. Both
// are modules with data in them, since the page lets no script fetch anything. What is found enters the page as text.
"use strict";
(() => {
  const box = document.querySelector(".search");
  const input = box.querySelector("input");
  const status = box.querySelector("[role=status]");
  const list = box.querySelector(".found");
  const phrases = box.dataset;
  const folder = new URL("../search/", document.currentScript.src);
  const AT_A_TIME = 10; // articles
  const PLACES = 4; // in an article, at first
  const AROUND = 90; // characters of an excerpt, on either side
  const SHORTEST = 4; // letters of a word to which an ending may have been added

  // -- words, folded as ensayar.publish.search folds them
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const wordsOf = (text) => fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  const say = (phrase, values = {}) => phrase.replace(/{(\w+)}/g, (_, name) => values[name]);

  // -- the indices: one for each language of the site, the page's own first
  let indices;
  const load = () => {
    indices ??= Promise.all(phrases.languages.split(" ").map(async (language) => {
      const url = new URL(`${language}.js`, folder);
      const { default: { articles, words } } = await import(url);
      const entries = words.split(",").filter(Boolean).map((entry) => {
        const [word, ...gaps] = entry.split(" ");
        let number = 0;
        return [word, gaps.map((gap) => (number += parseInt(gap, 36)))];
      });
      return {
        language,
        entries,
        articles: articles.map(([address, title, texts]) => ({
          language, title, url: new URL(address, url), texts: new URL(texts, url),
        })),
      };
    }));
    indices.catch(() => { indices = undefined; }); // the next key tries again
    return indices;
  };

  // The articles that hold every word, or the beginning of one; and what each word came down to.
  const look = ({ articles, entries }, query) => {
    const terms = [];
    let left = new Set(articles.keys());
    for (const word of wordsOf(query)) {
      let term = word;
      let numbers = [];
      for (;;) {
        numbers = entries.flatMap(([other, places]) => (other.startsWith(term) ? places : []));
        if (numbers.length || term.length <= SHORTEST) break;
        term = term.slice(0, -1); // “máquinas” finds “máquina”
      }
      terms.push(term);
      left = new Set(numbers.filter((number) => left.has(number)));
    }
    if (!terms.length) return [];
    const inTitle = ({ title }) => wordsOf(title).filter((word) => terms.some((term) => word.startsWith(term))).length;
    return [...left].sort((a, b) => a - b).map((number) => ({ ...articles[number], terms }))
      .sort((a, b) => inTitle(b) - inTitle(a)); // else the newest first, as in the index
  };

  // Where *terms* begin a word of *text*: [from, to, which], in the text's own characters.
  const hits = (text, terms) => {
    const at = [];
    let folded = "";
    let position = 0;
    for (const char of text) {
      const plain = fold(char);
      folded += plain;
      for (let index = 0; index < plain.length; index += 1) at.push(position);
      position += char.length;
    }
    at.push(position);
    return [...folded.matchAll(/[\p{L}\p{N}]+/gu)].flatMap(({ 0: word, index }) => {
      const which = terms.findIndex((term) => word.startsWith(term));
      return which < 0 ? [] : [[at[index], at[index + word.length], which]];
    });
  };
  const different = (found) => new Set(found.map(([, , which]) => which)).size;

  // The passages of an article that hold most of the words, the best first.
  const places = ({ terms, passages }) => {
    const found = passages.map(([anchor, title, text, under = ""]) => {
      const [inName, inTitle, inText] = [anchor, title, text].map((part) => hits(part, terms));
      const score = Math.max(inName.length, inTitle.length) * 5 + Math.min(inText.length, 5);
      const count = different([...inName, ...inTitle, ...inText]);
      return { anchor, title, text, under, inTitle, inText, score, count };
    });
    const most = Math.max(...found.map(({ count }) => count));
    const beginning = { anchor: "", title: "", text: passages[0]?.[2] ?? "", under: "", inTitle: [], inText: [] };
    // in its title only
    return most ? found.filter(({ count }) => count === most).sort((a, b) => b.score - a.score) : [beginning];
  };

  // -- the page
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const marked = (text, found, from = 0, to = text.length) => {
    const parts = [];
    let position = from;
    for (const [start, end] of found) {
      if (start < from || end > to) continue;
      parts.push(text.slice(position, start), make("mark", {}, text.slice(start, end)));
      position = end;
    }
    return [...parts, text.slice(position, to)];
  };
  const excerpt = (text, found) => {
    let [best, most] = [0, 0];
    for (const [start] of found) { // where most of the words are near each other
      const near = different(found.filter(([from]) => from >= start && from < start + 2 * AROUND));
      if (near > most) [best, most] = [start, near];
    }
    const first = Math.max(0, best - AROUND / 2);
    const from = first ? text.indexOf(" ", first) + 1 : 0;
    const cut = Math.min(text.length, Math.max(best, from) + AROUND * 1.5);
    const blank = text.lastIndexOf(" ", cut);
    const whole = found.find(([start]) => start === best)?.[1] ?? 0; // what was found is not cut
    const to = cut < text.length ? Math.max(blank > best ? blank : cut, whole) : cut;
    return [from ? "… " : "", ...marked(text, found, Math.min(from, best), to), to < text.length ? " …" : ""];
  };
  const shownPlace = ({ url }, { anchor, title, text, under, inTitle, inText }) => {
    const heading = title ? marked(title, inTitle) : [phrases.beginning];
    const link = make("a", { href: anchor ? `${url}#${anchor}` : url.href }, ...heading);
    const where = under ? [make("span", { className: "under" }, under), ": "] : [];
    return make("li", {}, make("p", { className: "place" }, ...where, link), make("p", {}, ...excerpt(text, inText)));
  };
  // A button that brings more of what is left, *rest*, and puts the focus on the first that came.
  const more = (phrase, rest, shown, items) => {
    const button = make("button", { type: "button", className: "more", lang: document.documentElement.lang });
    const count = () => { button.textContent = say(phrase, { count: rest.length }); };
    count();
    button.addEventListener("click", async () => {
      const brought = await Promise.all(rest.splice(0, AT_A_TIME).map(shown));
      items.append(...brought);
      if (rest.length) count();
      else button.remove();
      brought[0]?.querySelector("a").focus();
    });
    return button;
  };
  const shownArticle = async (article) => {
    const { default: passages } = await import(article.texts);
    const found = places({ ...article, passages });
    const shown = (place) => shownPlace(article, place);
    const items = make("ul", {}, ...found.splice(0, PLACES).map(shown));
    const title = make("a", { href: article.url.href }, ...marked(article.title, hits(article.title, article.terms)));
    const rest = found.length ? [more(phrases.morePlaces, found, shown, items)] : [];
    return make("li", { lang: article.language }, make("h2", {}, title), items, ...rest);
  };

  let turn = 0; // only what was asked last is shown
  const show = async (query) => {
    turn += 1;
    const mine = turn;
    let [parts, message] = [[], ""];
    try {
      const found = wordsOf(query).length ? (await load()).flatMap((index) => look(index, query)) : [];
      const articles = found.length;
      if (articles) {
        const items = make("ol", {}, ...await Promise.all(found.splice(0, AT_A_TIME).map(shownArticle)));
        parts = [items, ...(found.length ? [more(phrases.moreArticles, found, shownArticle, items)] : [])];
      }
      if (query) message = say(articles ? phrases.found : phrases.nothing, { query, articles });
    } catch {
      message = phrases.failed;
    }
    if (mine !== turn) return;
    list.replaceChildren(...parts);
    status.textContent = message;
  };

  let pause;
  input.addEventListener("focus", () => { load().catch(() => {}); });
  input.addEventListener("input", () => {
    clearTimeout(pause); // a screen reader hears what was found when the typing pauses
    pause = setTimeout(() => {
      const query = input.value.trim();
      const url = new URL(location);
      if (query) url.searchParams.set("q", query);
      else url.searchParams.delete("q");
      history.replaceState(history.state, "", url); // so that “back” and a shared link come back to it
      show(query);
    }, 250);
  });
  input.value = input.value || (new URLSearchParams(location.search).get("q") ?? "");
  if (input.value) show(input.value.trim());
})();
