// What a user of the OpenAI SDK for JavaScript does, and gets. Reads a JSON list of base URLs, prints a list of results.
import OpenAI from "openai";

const model = "gpt-5";
const tools = [{
  type: "function",
  name: "get_weather",
  description: "Tells the weather in a city.",
  strict: true,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
}];
const weather = { model, tools, tool_choice: "required", input: "What is the weather in Paris?" };

const tasks = {
  async create(client) {
    const found = await client.responses.create({ model, input: "Reply with exactly: pong" });
    return [found.output_text, found.status];
  },
  async stream(client) {
    let text = "";
    let last = "";
    for await (const event of await client.responses.create({ model, input: "Count from 1 to 5.", stream: true })) {
      if (event.type === "response.output_text.delta") text += event.delta;
      last = event.type;
    }
    return [text, last];
  },
  async stream_helper(client) {
    return (await client.responses.stream({ model, input: "Count from 1 to 5." }).finalResponse()).output_text;
  },
  async tools(client) {
    const asked = await client.responses.create(weather);
    const call = asked.output.find((item) => item.type === "function_call");
    const input = [{ type: "function_call_output", call_id: call.call_id, output: "21 degrees and sunny" }];
    const told = await client.responses.create({ model, tools, previous_response_id: asked.id, input });
    return [call.name, JSON.parse(call.arguments), told.output_text.includes("21 degrees")];
  },
  async streamed_tools(client) {
    const { output } = await client.responses.stream(weather).finalResponse();
    const calls = output.filter((item) => item.type === "function_call");
    return calls.map((call) => [call.name, JSON.parse(call.arguments)]);
  },
  async parse(client) {
    const schema = {
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer" } },
      required: ["name", "age"],
      additionalProperties: false,
    };
    const text = { format: { type: "json_schema", name: "person", strict: true, schema } };
    const found = await client.responses.parse({ model, input: "A person, please.", text });
    return found.output_parsed ? Object.keys(found.output_parsed).sort() : null;
  },
  async chain(client) {
    const made = await client.responses.create({ model, input: "The code word is heron-17. Reply with OK." });
    const request = { model, previous_response_id: made.id, input: "What is the code word?" };
    const next = await client.responses.create(request);
    return next.output_text.includes("heron-17");
  },
  async background(client) {
    let found = await client.responses.create({ model, input: "Reply with exactly: pong", background: true });
    for (let turn = 0; turn < 40 && ["queued", "in_progress"].includes(found.status); turn += 1) {
      found = await client.responses.retrieve(found.id);
    }
    return [found.status, found.output_text];
  },
  async retrieve(client) {
    const made = await client.responses.create({ model, input: "Reply with exactly: pong" });
    const again = await client.responses.retrieve(made.id);
    const items = [];
    for await (const item of client.responses.inputItems.list(made.id)) items.push(item.type);
    return [again.output_text, items];
  },
  async errors(client) {
    try {
      await client.responses.create({ model, input: "x", temperature: 9 });
    } catch (error) {
      return [error.constructor.name, Boolean(error.message)];
    }
    return "accepted";
  },
};

async function outcome(task, client) {
  let timer;
  const limit = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("late")), 4000); });
  try {
    return (await Promise.race([task(client), limit])) ?? null;
  } catch (error) {
    return `raises ${error.constructor.name}`;
  } finally {
    clearTimeout(timer);
  }
}

async function drive(baseURL) {
  const client = new OpenAI({ baseURL, apiKey: "any", maxRetries: 0, timeout: 2000 });
  const found = {};
  for (const [name, task] of Object.entries(tasks)) found[name] = await outcome(task, client);
  return found;
}

process.on("unhandledRejection", () => {});
let text = "";
for await (const chunk of process.stdin) text += chunk;
console.log(JSON.stringify(await Promise.all(JSON.parse(text).map(drive))));
process.exit(0);
