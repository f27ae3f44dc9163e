// The size of the files on the wire, gzip -9, and what they may have.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { dist } from "./bundle.js";

/** Bytes. */
const LIMITS = {
  "footpath.min.js": 5120,
  "footpath.more.min.js": 3072,
  "footpath.form.min.js": 1280,
  "footpath.idle.min.js": 3072,
  "footpath.skeleton.min.js": 2048,
  "footpath.trail.min.js": 1024,
};

for (const [name, limit] of Object.entries(LIMITS)) {
  const size = gzipSync(readFileSync(dist(name)), { level: 9 }).length;
  console.log(`${name}: ${size} bytes gzip of ${limit}`);
  if (size > limit) process.exitCode = 1;
}
