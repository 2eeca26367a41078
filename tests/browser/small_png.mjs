// A picture of a page with 256 colours at most, which is a third of what Chromium writes. A page has hardly more.

import { crc32, deflateSync } from "node:zlib";

const MOST_COLOURS = 256;

/** The pixels of a PNG, one number `0xrrggbb` each; a blank page of the browser reads them. */
async function pixelsOf(page, png) {
  const [width, height, pixels] = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const seen = [];
    for (let at = 0; at < data.length; at += 4) seen.push(data[at] * 65536 + data[at + 1] * 256 + data[at + 2]);
    return [image.width, image.height, seen];
  }, png.toString("base64"));
  return { width, height, pixels };
}

const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];

const distance = (one, other) => one.reduce((sum, part, at) => sum + (part - other[at]) ** 2, 0);

/** The most frequent colours, and for each colour the nearest of them. */
function palette(pixels) {
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byCount = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
  const kept = byCount.slice(0, MOST_COLOURS).map(parts);
  const nearest = new Map();
  for (const colour of byCount) {
    const distances = kept.map((other) => distance(parts(colour), other));
    nearest.set(colour, distances.indexOf(Math.min(...distances)));
  }
  return { kept, nearest };
}

function chunk(kind, data) {
  const named = Buffer.concat([Buffer.from(kind), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}

/** The same picture, smaller. */
export async function smallPng(context, png) {
  const blank = await context.newPage();
  const { width, height, pixels } = await pixelsOf(blank, png);
  await blank.close();
  const { kept, nearest } = palette(pixels);
  const rows = Buffer.alloc((width + 1) * height);
  pixels.forEach((colour, at) => {
    // Each row begins with the number of its filter: none.
    rows[at + Math.floor(at / width) + 1] = nearest.get(colour);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(kept.flat())),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
