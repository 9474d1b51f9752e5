// Drives what lies around responses with the real OpenAI SDK for JavaScript: a connection over WebSocket,
// conversations, files, vector stores, and tools that the server runs. Prints one JSON object.
import OpenAI, { toFile } from "openai";
import { ResponsesWS } from "openai/resources/responses/ws";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "any", maxRetries: 0 });
const model = "gpt-5-mini";

// Two turns of one connection: the second one continues the first, which is not stored.
const socket = new ResponsesWS(client);
const turn = (members) =>
  new Promise((resolve, reject) => {
    const listen = (event) => {
      if (event.type !== "response.completed") return;
      socket.off("event", listen);
      resolve(event.response);
    };
    socket.on("event", listen);
    socket.on("error", reject);
    socket.send({ type: "response.create", model, store: false, ...members });
  });
const said = await turn({ input: "My name is Ada." });
const recalled = await turn({ input: "What is my name?", previous_response_id: said.id });
socket.close();

const conversation = await client.conversations.create({ metadata: { topic: "storks" } });
await client.responses.create({ model, conversation: conversation.id, input: "My name is Ada." });
const remembered = await client.responses.create({
  model, conversation: conversation.id, input: "What is my name?",
});
const items = [];
for await (const item of client.conversations.items.list(conversation.id, { order: "asc" })) items.push(item.role);
const forgotten = await client.conversations.delete(conversation.id);

const text = "Each employee has thirty days of leave a year.";
const file = await client.files.create({
  file: await toFile(Buffer.from(text), "leave.txt"), purpose: "assistants",
});
const store = await client.vectorStores.create({ name: "handbook" });
await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id });
const found = await client.vectorStores.search(store.id, { query: "days of leave" });
const searched = await client.responses.create({
  model,
  input: "What do my files say about leave?",
  tools: [{ type: "file_search", vector_store_ids: [store.id] }],
  include: ["file_search_call.results"],
});
const browsed = await client.responses.create({
  model, input: "Search the web for the tides.", tools: [{ type: "web_search" }],
});
const citations = (response) =>
  response.output.flatMap((item) => item.content ?? []).flatMap((part) => part.annotations ?? []);

console.log(JSON.stringify({
  recalled: recalled.output.at(-1).content[0].text,
  remembered: remembered.output_text,
  roles: items,
  forgotten: forgotten.deleted,
  found: found.data.map((hit) => [hit.filename, hit.content[0].text]),
  searched: searched.output.map((item) => item.type),
  filenames: citations(searched).map((citation) => citation.filename),
  browsed: browsed.output.map((item) => item.type),
  sources: citations(browsed).map((citation) => citation.type),
}));
