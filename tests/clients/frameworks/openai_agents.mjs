// The OpenAI Agents SDK (npm: `@openai/agents`): over Responses, over chat completions, and over WebSocket.
import { readFileSync } from "node:fs";

import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  OpenAIResponsesWSModel,
  run,
  setTracingDisabled,
  tool,
} from "@openai/agents";
import OpenAI from "openai";
import WebSocket from "ws";
import { z } from "zod";

globalThis.WebSocket ??= WebSocket; // Node has one of its own since release 22
setTracingDisabled(true);
const client = new OpenAI({ baseURL: process.argv[2], apiKey: "any" });
const models = {
  responses: new OpenAIResponsesModel(client, "gpt-5"),
  chat: new OpenAIChatCompletionsModel(client, "gpt-5"),
  websocket: new OpenAIResponsesWSModel(client, "gpt-5"),
};
const weather = tool({
  name: "get_weather",
  description: "Tells the weather in a city.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `${city}: 21 degrees and sunny`,
});
const question = "What is the weather in Paris?";
const agent = (kind, members) =>
  new Agent({ name: "Helper", instructions: "Be brief.", model: models[kind], ...members });
const picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const see = (kind) =>
  ask(kind, [{
    role: "user",
    content: [
      { type: "input_text", text: "What is in this picture?" },
      { type: "input_image", image: picture },
    ],
  }]);
const ask = async (kind, text, members) => (await run(agent(kind, members), text)).finalOutput;

const steps = {
  responses_tool: () => ask("responses", question, { tools: [weather] }),
  chat_tool: () => ask("chat", question, { tools: [weather] }),
  websocket_tool: () => ask("websocket", question, { tools: [weather] }),
  streamed_tool: async () => {
    const result = await run(agent("responses", { tools: [weather] }), question, { stream: true });
    await result.completed;
    return result.finalOutput;
  },
  chat_image: () => see("chat"),
  responses_image: () => see("responses"),
  structured: () =>
    ask("responses", "Ada is 36 years old.", { outputType: z.object({ name: z.string(), age: z.number() }) }),
  handoff: async () => {
    const billing = agent("responses", { name: "Billing agent" });
    const result = await run(agent("responses", { handoffs: [billing] }), "Please ask the billing agent.");
    return result.lastAgent.name;
  },
};
const results = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    results[name] = await step();
  } catch (error) {
    results[name] = `raises ${error.name}: ${error.message}`.slice(0, 300);
  }
}
const manifest = JSON.parse(readFileSync("node_modules/@openai/agents/package.json", "utf8"));
console.log("\n" + JSON.stringify({ version: manifest.version, results }));
process.exit(0);
