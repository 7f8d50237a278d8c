// What is run in the page before its picture is taken: nothing moves any more, and what is in sight has come.
const [seconds, done] = arguments;
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  "*, *::before, *::after { transition: none !important; caret-color: transparent !important; scroll-behavior: auto !important }"
);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
const visible = image => image.getBoundingClientRect().top < innerHeight;
const pictures = [...document.images].filter(visible).map(image => image.decode().catch(() => {}));
const late = new Promise(resolve => setTimeout(resolve, seconds * 1000));
Promise.race([Promise.all([document.fonts.ready, ...pictures]), late]).then(() => requestAnimationFrame(() => {
  for (const animation of document.getAnimations()) {
    try {
      animation.finish();
    } catch {
      animation.cancel(); // one that has no end
    }
  }
  requestAnimationFrame(() => done());
}));
