// Drives the mock server with the real OpenAI SDK for JavaScript: create, stream, tool loop, webhook. Prints one JSON object.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "any", maxRetries: 0 });
const model = "gpt-5-mini";

const created = await client.responses.create({ model, input: "Reply with exactly: pong" });

let streamed = "";
const types = [];
const stream = await client.responses.create({ model, input: "Count from 1 to 5.", stream: true });
for await (const event of stream) {
  types.push(event.type);
  if (event.type === "response.output_text.delta") streamed += event.delta;
}

const helper = client.responses.stream({ model, input: "Count from 1 to 5." });
const helped = await helper.finalResponse();

const tools = [{
  type: "function",
  name: "get_weather",
  description: "The weather in a city.",
  strict: true,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
}];
const asked = await client.responses.create({
  model, tools, tool_choice: "required", input: "What is the weather in Paris?",
});
const call = asked.output.find((item) => item.type === "function_call");
const answered = await client.responses.create({
  model,
  tools,
  previous_response_id: asked.id,
  input: [{ type: "function_call_output", call_id: call.call_id, output: "21 degrees and sunny" }],
});

const { body, headers, secret } = JSON.parse(process.argv[3]);
const webhook = await client.webhooks.unwrap(body, headers, secret);
const refused = await client.webhooks.unwrap(`${body} `, headers, secret).catch((error) => error.constructor.name);

console.log(JSON.stringify({
  webhook: { type: webhook.type, status: (await client.responses.retrieve(webhook.data.id)).status },
  refused,
  created: created.output_text,
  streamed,
  types,
  helped: helped.output_text,
  call: { name: call.name, arguments: JSON.parse(call.arguments) },
  answered: answered.output_text,
}));
