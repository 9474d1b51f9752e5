// The AI SDK (npm: `ai`, `@ai-sdk/openai`): both APIs, streams, tools, and objects.
import { readFileSync } from "node:fs";

import { createOpenAI } from "@ai-sdk/openai";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const openai = createOpenAI({ baseURL: process.argv[2], apiKey: "any" });
const responses = openai.responses("gpt-4.1");
const chat = openai.chat("gpt-4.1");
const weather = tool({
  description: "Tells the weather in a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `${city}: 21 degrees and sunny`,
});
const person = z.object({ name: z.string(), age: z.number().int() });

const text = async (model) => (await generateText({ model, prompt: "Reply with exactly: pong" })).text;
const stream = async (model) => await streamText({ model, prompt: "Count from 1 to 5." }).text;
const run = async (model) =>
  (
    await generateText({
      model,
      prompt: "What is the weather in Paris?",
      tools: { get_weather: weather },
      stopWhen: stepCountIs(3),
    })
  ).text;
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const see = async (model) =>
  (
    await generateText({
      model,
      messages: [{
        role: "user",
        content: [
          { type: "text", text: "What is in this picture?" },
          { type: "image", image: picture, mediaType: "image/png" },
        ],
      }],
    })
  ).text;
const object = async (model) =>
  (await generateObject({ model, schema: person, prompt: "Ada is 36 years old." })).object;

const steps = {
  responses: () => text(responses),
  responses_stream: () => stream(responses),
  responses_agent: () => run(responses),
  responses_object: () => object(responses),
  responses_image: () => see(responses),
  chat_image: () => see(chat),
  chat: () => text(chat),
  chat_stream: () => stream(chat),
  chat_agent: () => run(chat),
  chat_object: () => object(chat),
};
const results = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    results[name] = await step();
  } catch (error) {
    results[name] = `raises ${error.name}: ${error.message}`.slice(0, 300);
  }
}
const manifest = JSON.parse(readFileSync("node_modules/@ai-sdk/openai/package.json", "utf8"));
console.log("\n" + JSON.stringify({ version: manifest.version, results }));
