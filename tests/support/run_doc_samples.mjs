// Run JavaScript samples in one process: `node run_doc_samples.mjs FILE…`. Prints a JSON object: for each file what the
// sample printed and how it failed, or null.
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const results = {};
const write = process.stdout.write.bind(process.stdout);
for (const path of process.argv.slice(2)) {
  const result = { printed: "", failure: null };
  console.log = (...values) => (result.printed += `${format(...values)}\n`);
  process.stdout.write = (text) => Boolean((result.printed += text));
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    result.failure = error.stack;
  }
  results[path] = result;
}
write(JSON.stringify(results));
