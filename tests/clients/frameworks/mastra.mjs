// Mastra (npm: `@mastra/core` with `@ai-sdk/openai`): agents over both APIs, with streams, a tool and objects.
import { readFileSync } from "node:fs";

import { createOpenAI } from "@ai-sdk/openai";
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { z } from "zod";

const openai = createOpenAI({ baseURL: process.argv[2], apiKey: "any" });
const weather = createTool({
  id: "get_weather",
  description: "Tells the weather in a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async (input) => `${(input.context ?? input).city}: 21 degrees and sunny`,
});
const person = z.object({ name: z.string(), age: z.number().int() });
const agent = (model, tools = {}) =>
  new Agent({ id: "helper", name: "helper", instructions: "You help.", model, tools });

const text = async (model) => (await agent(model).generate("Reply with exactly: pong")).text;
const stream = async (model) => await (await agent(model).stream("Count from 1 to 5.")).text;
const run = async (model) =>
  (await agent(model, { get_weather: weather }).generate("What is the weather in Paris?", { maxSteps: 3 })).text;
const object = async (model) =>
  (await agent(model).generate("Ada is 36 years old.", { structuredOutput: { schema: person } })).object;

const chat = openai.chat("gpt-4.1");
const responses = openai.responses("gpt-4.1");
const steps = {
  chat: () => text(chat),
  chat_stream: () => stream(chat),
  chat_agent: () => run(chat),
  structured: () => object(chat),
  responses: () => text(responses),
  responses_stream: () => stream(responses),
  responses_agent: () => run(responses),
  structured_responses: () => object(responses),
};
const results = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    results[name] = await step();
  } catch (error) {
    results[name] = `raises ${error.name}: ${error.message}`.slice(0, 300);
  }
}
const manifest = JSON.parse(readFileSync("node_modules/@mastra/core/package.json", "utf8"));
console.log("\n" + JSON.stringify({ version: manifest.version, results }));
process.exit(0);
