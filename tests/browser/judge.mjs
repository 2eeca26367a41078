// What every page must hold: axe finds nothing, nothing scrolls sideways, no word is broken.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
export const WIDE = { width: 1280, height: 800 };
// WCAG 2.2 section 1.4.10: everything is there without scrolling in two directions.
export const NARROW = { width: 320, height: 640 };

export async function fits(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `it scrolls sideways: ${content} of ${window}`);
}

/** No line of a heading, an identifier or a paragraph ends within a part of a word. */
export async function breaksBetweenWords(page) {
  const broken = await page.evaluate(() => {
    const faults = [];
    for (const element of document.querySelectorAll("h1, p, td, li, summary")) {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const text = node.data;
        const topOf = (at) => {
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          return range.getBoundingClientRect().top;
        };
        for (const { index, 0: part } of text.matchAll(/[a-z0-9]{2,}/gi)) {
          if (part.length <= 24 && topOf(index + part.length - 1) - topOf(index) > 8) faults.push(part);
        }
      }
    }
    return faults;
  });
  assert.deepEqual(broken, [], "a word is broken over two lines");
}

export async function judge(page, what) {
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate((values) => axe.run({ runOnly: { type: "tag", values } }), TAGS);
  const faults = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(faults, [], what);
  assert.ok(passes.length > 5, "axe has judged something");
}
