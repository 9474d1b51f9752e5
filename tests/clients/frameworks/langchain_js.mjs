// LangChain for JavaScript (npm: `langchain`, `@langchain/openai`): both APIs, streams, an agent, and objects.
import { readFileSync } from "node:fs";

import { ChatOpenAI } from "@langchain/openai";
import { createAgent, tool } from "langchain";
import { z } from "zod";

const model = (useResponsesApi) =>
  new ChatOpenAI({
    model: "gpt-4.1",
    apiKey: "any",
    useResponsesApi,
    configuration: { baseURL: process.argv[2] },
  });
const weather = tool(async ({ city }) => `${city}: 21 degrees and sunny`, {
  name: "get_weather",
  description: "Tells the weather in a city.",
  schema: z.object({ city: z.string() }),
});
const person = z.object({ name: z.string(), age: z.number().int() });

const text = async (llm) => (await llm.invoke("Reply with exactly: pong")).text;
const stream = async (llm) => {
  let whole = "";
  for await (const chunk of await llm.stream("Count from 1 to 5.")) whole += chunk.text;
  return whole;
};
const run = async (llm) => {
  const agent = createAgent({ model: llm, tools: [weather] });
  const question = { role: "user", content: "What is the weather in Paris?" };
  return (await agent.invoke({ messages: [question] })).messages.at(-1).text;
};
const object = async (llm) => await llm.withStructuredOutput(person).invoke("Ada is 36 years old.");

const steps = {
  chat: () => text(model(false)),
  chat_stream: () => stream(model(false)),
  chat_agent: () => run(model(false)),
  structured: () => object(model(false)),
  responses: () => text(model(true)),
  responses_stream: () => stream(model(true)),
  responses_agent: () => run(model(true)),
  structured_responses: () => object(model(true)),
};
const results = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    results[name] = await step();
  } catch (error) {
    results[name] = `raises ${error.name}: ${error.message}`.slice(0, 300);
  }
}
const manifest = JSON.parse(readFileSync("node_modules/@langchain/openai/package.json", "utf8"));
console.log("\n" + JSON.stringify({ version: manifest.version, results }));
