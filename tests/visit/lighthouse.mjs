// Lighthouse, one page after the other: a line of JSON with an address comes in, a line with its result goes out.
//
// Nothing is said about throttling or screen: what holds is Lighthouse's own default, a phone on a slow network. Each
// page gets a browser of its own, that has never been anywhere. The process ends when nothing more comes in.
import { createInterface } from "node:readline";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

for await (const line of createInterface({ input: process.stdin })) {
  const { url, categories, chromium, flags } = JSON.parse(line);
  const browser = await launch({ chromePath: chromium, chromeFlags: flags });
  try {
    const { lhr } = await lighthouse(url, {
      port: browser.port,
      onlyCategories: categories,
      disableFullPageScreenshot: true, // 1 to 2 s, for a report that nobody sees
    });
    process.stdout.write(`${JSON.stringify(lhr)}\n`);
  } finally {
    browser.kill();
  }
}
