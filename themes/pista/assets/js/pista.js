// What a reader does with an article. The page says everything without this file.
//
// What is copied comes from data attributes, where it was put when the page was made. A reader's values enter the page
// as text, never as mark-up, and go nowhere: nothing is sent.
"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const notice = document.querySelector("#_aviso");

  // -- colours: the system's or the reader's choice; what was chosen is in force before this file is here
  const scheme = document.querySelector(".scheme select");
  scheme.value = document.documentElement.dataset.scheme ?? "";
  const dark = all("picture source"); // screenshots: a file for each scheme
  const system = dark[0]?.media;
  const follow = () => {
    for (const source of dark) source.media = { "": system, dark: "screen", light: "not all" }[scheme.value];
  };
  follow();
  scheme.addEventListener("change", () => {
    document.documentElement.dataset.scheme = scheme.value;
    follow();
    try {
      localStorage.setItem("ensayar:scheme", scheme.value);
    } catch { /* for this page */ }
  });

  // -- memory: in this browser, by article; a reader who blocks it has this tab
  const reader = document.querySelector(".reader");
  const key = `ensayar:${reader?.dataset.article}`;
  const recalled = () => {
    try {
      const { values = {}, done = [] } = JSON.parse(localStorage.getItem(key)) ?? {};
      return { values, done: [...done] };
    } catch {
      return { values: {}, done: [] };
    }
  };
  const remember = () => {
    const own = inputs.filter(changed).map(({ dataset: { parameter } }) => [parameter, values.get(parameter)]);
    try {
      localStorage.setItem(key, JSON.stringify({ values: Object.fromEntries(own), done: [...done] }));
    } catch { /* blocked, or full */ }
  };

  // -- parameters: @@name@@ in what is copied, <var> in what is shown
  const inputs = all("input[data-parameter]");
  const places = all("var[data-parameter]");
  const values = new Map(inputs.map((input) => [input.dataset.parameter, input.defaultValue]));
  const changed = ({ dataset: { parameter }, defaultValue }) => values.get(parameter) !== defaultValue;
  const resolve = (text, through = (value) => value) =>
    text.replace(/@@([a-z][a-z0-9_-]*)@@/g, (mark, name) => (values.has(name) ? through(values.get(name)) : mark));
  const accepts = ({ dataset: { pattern } }, value) => {
    for (const flags of ["u", ""]) {
      try {
        return new RegExp(`^(?:${pattern})$`, flags).test(value);
      } catch { /* Python reads it, this browser does not: what cannot be checked is refused */ }
    }
    return false;
  };
  const beside = (input, name) => input.closest(".own").querySelector(`.${name}`);
  const boxes = all(".code:not([tabindex]), .wide-table:not([tabindex])");
  const letScroll = () => { // what does not fit can be reached by keyboard, where the browser does not see to it
    for (const box of boxes) if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  };
  const showValues = () => {
    const own = new Set(inputs.filter(changed).map((input) => input.dataset.parameter));
    for (const place of places) {
      const value = values.get(place.dataset.parameter);
      const inner = place.childNodes.length === 1 ? place.firstElementChild : null; // its colour stays
      (inner ?? place).textContent = "quoted" in place.dataset ? quoted(value) : value;
    }
    for (const input of inputs) {
      const refused = !accepts(input, input.value);
      input.setAttribute("aria-invalid", refused);
      beside(input, "refused").hidden = !refused;
      beside(input, "taken").hidden = refused || !changed(input);
      beside(input, "reset").hidden = !refused && !changed(input);
    }
    for (const mark of all(".as-rehearsed")) {
      const concerned = all("var", mark.closest("figure")).some((place) => own.has(place.dataset.parameter));
      mark.textContent = concerned ? ` · ${reader.dataset.asRehearsed}` : "";
    }
    for (const note of all(".personal")) note.hidden = !own.size;
  };
  const take = (input, value) => {
    input.value = value;
    if (accepts(input, value)) values.set(input.dataset.parameter, value);
    showValues();
    letScroll();
    remember();
  };

  // -- steps: ticked off, and where to go on
  const ticks = all(".tick input");
  const stepOf = (element) => element.closest("figure").id;
  const steps = ticks.map(stepOf);
  const done = new Set();
  const showSteps = () => {
    for (const tick of ticks) {
      tick.checked = done.has(stepOf(tick));
      tick.closest("figure").classList.toggle("done", tick.checked);
    }
    if (!reader) return;
    const last = steps.findLastIndex((step) => done.has(step));
    const next = steps.slice(last + 1).find((step) => !done.has(step)) ?? steps.find((step) => !done.has(step));
    const soFar = reader.querySelector(".so-far");
    soFar.textContent = (next ? soFar.dataset.phrase : soFar.dataset.all)
      .replace("{done}", done.size).replace("{total}", steps.length);
    const link = reader.querySelector(".go-on");
    link.hidden = !next;
    link.href = `#${next}`;
    link.querySelector("code").textContent = next ?? "";
    reader.querySelector(".progress").hidden = !done.size;
  };
  const load = () => {
    const state = recalled();
    for (const input of inputs) {
      const value = state.values[input.dataset.parameter];
      input.value = typeof value === "string" && accepts(input, value) ? value : input.defaultValue;
      values.set(input.dataset.parameter, input.value);
    }
    done.clear();
    for (const step of state.done) if (steps.includes(step)) done.add(step);
    showValues();
    showSteps();
  };

  // -- the table of contents follows
  const links = new Map(
    all("nav.contents a").map((link) => [document.getElementById(decodeURIComponent(link.hash.slice(1))), link]),
  );
  links.delete(null);
  const inSight = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) inSight[isIntersecting ? "add" : "delete"](target);
    const here = [...links.keys()].findLast((section) => inSight.has(section));
    for (const [section, link] of links) {
      if (section === here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "0px 0px -75%" });
  for (const section of links.keys()) watch.observe(section);

  // -- shell, as ensayar.deploy writes it
  const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
  const hereDocument = (text, rest = "") => {
    const body = text.replace(/\n$/, "");
    let end = "EOF";
    while (body.split("\n").includes(end)) end += "_";
    return `<<'${end}'${rest}\n${body}\n${end}\n`;
  };
  const literally = (value) => value.replace(/[()[\]{}?*+\-|^$\\.&~#]/g, "\\$&"); // in a regular expression
  const forms = {
    w: (text) => quoted(resolve(text)),
    d: (text) => hereDocument(resolve(text)),
    s: (text) => quoted(resolve(text, literally)),
  };
  const piece = (part) => (typeof part === "string" ? part : forms[part[0]](part[1]));
  const written = (parts) => JSON.parse(parts).map(piece).join("");
  const scriptUpTo = (button) => {
    const { head, done: message } = reader.dataset;
    const buttons = all("button.script");
    const count = buttons.indexOf(button) + 1;
    const parts = buttons.slice(0, count).map((each) => written(each.dataset.script)).join("\n");
    const end = `\nprintf '\\n%s\\n' ${quoted(message.replace("{count}", count))}\n`;
    const script = written(head) + parts + end;
    return `bash <(cat ${hereDocument(script)})`;
  };

  // -- recordings: nothing of the player is asked for before
  const player = new URL(`../player/${document.documentElement.lang}.html`, document.currentScript.src);
  const play = (button) => {
    const row = button.parentElement;
    const open = row.querySelector("iframe");
    button.setAttribute("aria-expanded", !open);
    if (open) return open.remove();
    const frame = document.createElement("iframe");
    frame.title = button.ariaLabel;
    frame.allowFullscreen = true;
    frame.src = `${player}#${row.querySelector("a").pathname}`;
    row.append(frame);
  };

  // -- copy and download
  const say = (text) => {
    notice.textContent = ""; // else the same words twice would be said once
    setTimeout(() => { notice.textContent = text; }, 50);
  };
  const confirm = (button, text) => {
    say(text);
    button.classList.add("did");
    setTimeout(() => button.classList.remove("did"), 2000);
  };
  const copiedTheOldWay = (text) => { // where the page did not come through https
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  const copy = async (text, button) => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = copiedTheOldWay(text);
      button.focus();
    }
    if (done) confirm(button, notice.dataset.copied);
    else say(notice.dataset.failed);
  };
  const download = (name, text, button) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    confirm(button, notice.dataset.downloaded);
  };
  const content = (button) => resolve(button.closest("figure").querySelector(".copy").dataset.text);
  const writing = (button) => { // the command for root's terminal; nobody else may read the file before its mode is set
    const { path, owner, mode } = button.dataset;
    const to = quoted(resolve(path));
    const rest = ` && chown ${quoted(resolve(owner))} ${to} && chmod ${mode} ${to}`;
    return `(umask 077 && cat > ${to}) ${hereDocument(content(button), rest)}`.trimEnd();
  };
  const actions = {
    copy: (button) => copy(resolve(button.dataset.text), button),
    download: (button) => download(resolve(button.dataset.name), content(button), button),
    "here-document": (button) => copy(writing(button), button),
    script: (button) => copy(scriptUpTo(button), button),
    play,
    reset: (button) => {
      const input = button.closest(".own").querySelector("input");
      input.focus();
      take(input, input.defaultValue);
    },
    "start-over": () => {
      done.clear();
      showSteps();
      remember();
      ticks[0]?.focus(); // the button is gone, and whoever has no mouse would be nowhere
    },
  };
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("main button");
    if (button) actions[button.classList[0]]?.(button);
  });
  document.addEventListener("input", ({ target }) => {
    if (target.matches("input[data-parameter]")) take(target, target.value);
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches(".tick input")) return;
    done[target.checked ? "add" : "delete"](stepOf(target));
    showSteps();
    remember();
  });
  addEventListener("load", letScroll); // not before there is a layout: it would be made twice
  addEventListener("resize", letScroll);
  addEventListener("storage", (event) => { // another tab of this browser
    if (event.key !== key) return;
    load();
    letScroll();
  });
  load();
})();
