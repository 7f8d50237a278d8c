// What a reader does with an article. The page says everything without this file.
//
// What is copied comes from data attributes, where it was put when the page was made. A reader's values enter the page
// as text, never as mark-up, and go nowhere: nothing is sent.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const notice = document.querySelector("#_aviso");

  // -- parameters: @@name@@ in what is copied
  const values = new Map(all("input[data-parameter]").map((input) => [input.dataset.parameter, input.defaultValue]));
  const resolve = (text, through = (value) => value) =>
    text.replace(/@@([a-z][a-z0-9_-]*)@@/g, (mark, name) => (values.has(name) ? through(values.get(name)) : mark));

  // -- shell, as ensayar.deploy writes it
  const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
  const hereDocument = (text, rest = "") => {
    const body = text.replace(/\n$/, "");
    let end = "EOF";
    while (body.split("\n").includes(end)) end += "_";
    return `<<'${end}'${rest}\n${body}\n${end}\n`;
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
  };
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("main button");
    if (button) actions[button.classList[0]]?.(button);
  });
})();
