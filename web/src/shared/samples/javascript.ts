import { javascriptLiteral, quoted } from './literals'
import { KEY_VARIABLE, type SampleCall } from './types'

export function javascriptFetchSample({ url, body, isStream }: SampleCall): string {
  const call = `const response = await fetch(${quoted(url)}, {
  method: "POST",
  headers: {
    Authorization: \`Bearer \${process.env.${KEY_VARIABLE}}\`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify(${javascriptLiteral(body, 2)}),
});
if (!response.ok) throw new Error(await response.text());

`
  if (!isStream) return `${call}console.log(JSON.stringify(await response.json(), null, 2));\n`
  return `${call}let part, rest = "";
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\\n");
  rest = lines.pop();
  for (const line of lines) {
    if (!line.startsWith("data: {")) continue;
    const chunk = JSON.parse(line.slice("data: ".length));
    if (chunk.error) throw new Error(chunk.error.message);
    for (const { delta } of chunk.choices) {
${printedParts(6)}
    }
  }
}
console.log();
`
}

export function javascriptOpenaiSample({ sdkUrl, body, isStream }: SampleCall): string {
  const head = `import OpenAI from "openai";

const client = new OpenAI({ baseURL: ${quoted(sdkUrl ?? '')}, apiKey: process.env.${KEY_VARIABLE} });

`
  const call = `await client.chat.completions.create(${javascriptLiteral(body)});\n`
  if (!isStream) return `${head}const completion = ${call}console.log(JSON.stringify(completion, null, 2));\n`
  return `${head}const stream = ${call}
let part;
for await (const chunk of stream) {
  for (const { delta } of chunk.choices) {
${printedParts(4)}
  }
}
console.log();
`
}

/** Prints the thinking and then the answer of a delta, each under its name. */
function printedParts(indent: number): string {
  return `for (const name of ["reasoning_content", "content"]) {
  if (!delta[name]) continue;
  if (name !== part) console.log(\`\\n--- \${name} ---\`);
  part = name;
  process.stdout.write(delta[name]);
}`
    .split('\n')
    .map((line) => ' '.repeat(indent) + line)
    .join('\n')
}
