// The budget of the script on the wire: 5,120 bytes, gzip -9.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { target } from "./bundle.js";

const BUDGET = 5120;
const size = gzipSync(readFileSync(target), { level: 9 }).length;
console.log(`${size} of ${BUDGET} bytes`);
if (size > BUDGET) process.exit(1);
