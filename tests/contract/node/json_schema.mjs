import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { asking, client, failureOf, models, report } from "./client.mjs";

const response_format = zodResponseFormat(z.object({ city: z.string(), population: z.number().int() }), "city");
const parse = (script) =>
  client.chat.completions.parse({ model: models.flagship, messages: asking(script), response_format });

const parsed = await parse("city");
const stream = client.chat.completions.stream({
  model: models.flagship,
  messages: asking("city"),
  response_format,
});
const streamed = await stream.finalChatCompletion();

report({
  parsed: parsed.choices[0].message.parsed,
  streamed: streamed.choices[0].message.parsed,
  cutOff: await failureOf(() => parse("cut")),
});
