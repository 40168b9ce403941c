import { asking, client, models, report, tools } from "./client.mjs";

async function chunksOf(more) {
  const chunks = [];
  const stream = await client.chat.completions.create({
    model: models.flagship,
    messages: asking("thinker"),
    stream: true,
    ...more,
  });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function helped(script, more) {
  const stream = client.chat.completions.stream({ model: models.flagship, messages: asking(script), ...more });
  let content = "";
  const calls = [];
  stream.on("content", (delta) => (content += delta));
  stream.on("tool_calls.function.arguments.done", (call) => calls.push([call.name, call.parsed_arguments]));
  return { final: await stream.finalChatCompletion(), content, calls };
}

report({
  plain: await chunksOf({}),
  withUsage: await chunksOf({ stream_options: { include_usage: true } }),
  helper: await helped("thinker", { stream_options: { include_usage: true } }),
  toolCalls: await helped("tool-calls", { tools }),
});
