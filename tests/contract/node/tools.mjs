// Call, answer of the tool, final answer: the SDK's own message is sent back as it came.
import { asking, client, models, report, tools } from "./client.mjs";

const model = models.flagship;
const first = await client.chat.completions.create({
  model,
  messages: asking("tool-calls"),
  tools,
  tool_choice: "required",
});
const message = first.choices[0].message;
const answers = message.tool_calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: "fine" }));
const final = await client.chat.completions.create({
  model,
  messages: [...asking("tool-calls"), message, ...answers, ...asking("spain")],
  tools,
});

// The runner of the SDK does the same by itself, with functions for tools.
const asked = [];
const runner = client.chat.completions.runTools(
  {
    model,
    messages: asking("tool-calls"),
    tools: tools.map((one) => ({
      type: "function",
      function: {
        ...one.function,
        parse: JSON.parse,
        function: (given) => {
          asked.push(given);
          return "fine";
        },
      },
    })),
  },
  { maxChatCompletions: 1 },
);
await runner.done();

report({ first, final, asked });
