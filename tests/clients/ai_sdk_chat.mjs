// What a user of the AI SDK does over chat completions. Reads a JSON list of base URLs, prints a list of results.
import { createOpenAI } from "@ai-sdk/openai";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const weather = tool({
  description: "Tells the weather in a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `${city}: 21 degrees and sunny`,
});
const asked = { prompt: "What is the weather in Paris?", tools: { get_weather: weather } };
const forced = { toolChoice: { type: "tool", toolName: "get_weather" } };
const common = () => ({ maxRetries: 0, abortSignal: AbortSignal.timeout(10000) });
const called = (calls) => calls.map((call) => [call.toolName, call.input]);

const tasks = {
  async chat_completion(model) {
    const { text, usage } = await generateText({ model, prompt: "Reply with exactly: pong", ...common() });
    return [text, usage.totalTokens > 0];
  },
  async chat_stream(model) {
    const failures = [];
    const onError = ({ error }) => failures.push(error);
    const answer = streamText({ model, prompt: "Count from 1 to 5.", onError, ...common() });
    const text = await answer.text;
    if (failures.length) throw failures[0];
    return text;
  },
  async chat_tools(model) {
    const { toolCalls } = await generateText({ model, ...asked, ...forced, ...common() });
    const { text } = await generateText({ model, ...asked, stopWhen: stepCountIs(3), ...common() });
    return [called(toolCalls), text.includes("21 degrees")];
  },
  async chat_streamed_tools(model) {
    const failures = [];
    const onError = ({ error }) => failures.push(error);
    const calls = await streamText({ model, ...asked, ...forced, onError, ...common() }).toolCalls;
    if (failures.length) throw failures[0];
    return called(calls);
  },
  async chat_parse(model) {
    const schema = z.object({ name: z.string(), age: z.number().int() });
    const { object } = await generateObject({ model, schema, prompt: "A person, please.", ...common() });
    return Object.keys(object).sort();
  },
};

const drive = async (baseURL) => {
  const model = createOpenAI({ baseURL, apiKey: "any" }).chat("gpt-4.1");
  const results = {};
  for (const [name, task] of Object.entries(tasks)) {
    try {
      results[name] = await task(model);
    } catch (error) {
      results[name] = `raises ${error.name}`;
    }
  }
  return results;
};

let input = "";
for await (const piece of process.stdin) input += piece;
console.log("\n" + JSON.stringify(await Promise.all(JSON.parse(input).map(drive))));
