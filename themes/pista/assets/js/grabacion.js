// Plays the recording that the fragment of the address names. In a frame of an article, as a rule.
//
// What a machine printed gets into the page as text: the only mark-up that may be made is that of asciinema-player
// itself, where the browser knows trusted types.
"use strict";
(() => {
  const root = document.documentElement;
  const frame = window.frameElement; // null where the page is visited by itself
  const outer = frame?.ownerDocument.documentElement;

  // -- colours: those of the article, or what was chosen; before anything is painted
  const colour = () => {
    try {
      root.dataset.scheme = (outer ? outer.dataset.scheme : localStorage.getItem("ensayar:scheme")) ?? "";
    } catch { /* the system's */ }
  };
  colour();
  if (outer) new MutationObserver(colour).observe(outer, { attributeFilter: ["data-scheme"] });

  const textOf = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer.text();
  };
  // as high as what was printed, where nothing was put at a certain place of the screen
  const placing = /\x1b\[\d*(?:;\d*)?[Hf]|\x1b\[\d*d|\x1b\[\d+;\d+r|\x1b\[\?(?:47|1047|1049)h/;
  const rowsOf = ({ width, height }, events) => {
    const printed = events.filter(([, kind]) => kind === "o").map(([, , text]) => text).join("");
    if (placing.test(printed)) return height;
    const lines = printed.replace(/\x1b(?:\[[\d;?]*[ -/]*[@-~]|\].*?(?:\x07|\x1b\\))/g, "").split("\n");
    const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.replace(/\r$/, "").length / width)), 0);
    return Math.min(Math.max(rows, 4), height);
  };
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  const show = async () => {
    const cast = new URL(location.hash.slice(1), location.href);
    if (cast.origin !== location.origin || !cast.pathname.endsWith(".cast")) throw new Error(`${cast}: no recording`);
    const script = document.querySelector("script[defer]");
    const [recording, code] = await Promise.all([textOf(cast), textOf(script.src)]);
    const [header, ...events] = recording.trim().split("\n").map((line) => JSON.parse(line));
    window.trustedTypes?.createPolicy("default", { createHTML: (html) => (code.includes(html) ? html : null) });

    const box = document.querySelector(".player");
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [button, slider] = box.querySelectorAll("button, input");
    const waits = box.querySelector(".waits");
    const limit = header.idle_time_limit ?? 2;
    document.title = `${document.querySelector("h1").textContent}: ${header.title}`;
    waits.textContent = waits.dataset.phrase.replaceAll("{seconds}", limit);
    const moves = events.at(-1)?.[0] > 0;
    box.querySelector(".still").hidden = !still || !moves;
    box.querySelector(".controls").hidden = !moves;
    box.hidden = false;

    const player = AsciinemaPlayer.create({ data: recording }, box.querySelector(".screen"), {
      autoPlay: !still,
      cols: header.width,
      controls: false,
      idleTimeLimit: limit,
      poster: still ? `npt:${Number.MAX_SAFE_INTEGER}` : undefined,
      rows: rowsOf(header, events),
      theme: "pista",
    });

    // -- controls of our own: the player's speak English and are no buttons
    let playing = false;
    let timer = 0;
    const moment = async () => {
      const [now, total] = [await player.getCurrentTime(), (await player.getDuration()) ?? 0];
      slider.max = total;
      slider.value = now;
      slider.setAttribute("aria-valuetext",
        slider.dataset.moment.replace("{now}", clock(now)).replace("{total}", clock(total)));
      box.querySelector(".moment").textContent = `${clock(Math.min(now, total))} / ${clock(total)}`;
    };
    const state = (goesOn) => () => {
      playing = goesOn;
      button.textContent = goesOn ? button.dataset.pause : button.dataset.play;
      clearInterval(timer);
      if (goesOn) timer = setInterval(moment, 100);
      moment();
    };
    player.addEventListener("playing", state(true));
    for (const event of ["idle", "ended", "errored"]) player.addEventListener(event, state(false));
    for (const event of ["metadata", "seeked"]) player.addEventListener(event, moment);
    button.addEventListener("click", () => (playing ? player.pause() : player.play()));
    slider.addEventListener("input", () => player.seek(Number(slider.value)));
    // its help on keys is in English only
    addEventListener("keydown", (event) => { if (event.key === "?") event.stopPropagation(); }, true);
  };

  const fail = (error) => {
    console.error(error);
    document.querySelector(".problem").hidden = false;
  };
  document.addEventListener("DOMContentLoaded", () => {
    const page = document.querySelector("main");
    const fit = () => { frame.style.height = `${Math.ceil(page.getBoundingClientRect().height)}px`; };
    if (frame) new ResizeObserver(fit).observe(page);
    show().catch(fail);
  });
})();
