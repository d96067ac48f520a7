import { z } from "zod";
import { jsonAnswer, jsonBody } from "./endpoint.ts";

/** A model that may be asked for, as OpenAI lists them. VergeOS calls it an assistant. */
const model = z
  .looseObject({
    id: z.string().describe("What to ask for; `<upstream>/<model>` where there are several upstreams."),
    object: z.literal("model"),
    owned_by: z.string().describe("Name of the upstream that has it."),
  })
  .meta({ id: "AiModel" });

/** The answer to a list of models. */
export const modelList = z
  .object({ object: z.literal("list"), data: z.array(model) })
  .meta({ id: "AiModels" });

/** What an upstream answers to the same question. */
export const upstreamModels = z.object({ data: z.array(z.looseObject({ id: z.string() })) });

/** A chat, of which only the model is looked at here: everything else is between the caller and the upstream. */
const chat = z
  .looseObject({
    model: z.string().min(1, "must name a model; GET /v1/models lists them"),
    messages: z.array(z.unknown()),
    stream: z.boolean().nullish().describe("Answer with server-sent events while the model writes."),
  })
  .meta({ id: "AiChat" });

/** The doors for AI clients: OpenAI's paths, Keyward's keys. */
export const ai = {
  models: {
    operationId: "listModels",
    summary: "Lists the models of all upstreams that answer.",
    method: "get",
    path: "/v1/models",
    responses: { 200: jsonAnswer("The models.", modelList) },
  },
  chat: {
    operationId: "createChatCompletion",
    summary: "Hands a chat to the upstream that has the model, and its answer back as it comes.",
    method: "post",
    path: "/v1/chat/completions",
    request: { body: jsonBody(chat) },
    responses: {
      200: {
        description: "The upstream's answer; server-sent events where `stream` is true.",
        content: {
          "application/json": { schema: z.looseObject({}) },
          "text/event-stream": { schema: z.string() },
        },
      },
    },
  },
} as const;
