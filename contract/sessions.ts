import { z } from "zod";
import { emptyAnswer, jsonAnswer, jsonBody } from "./endpoint.ts";

/** The body of a login. */
export const newSession = z
  .strictObject({
    login: z.string().max(256, "must be at most 256 characters").describe("Name of the user."),
    password: z.string().max(256, "must be at most 256 characters"),
  })
  .meta({ id: "NewSession" });

/** The answer to a login: `$key` is the token. */
export const createdSession = z
  .object({
    location: z.string().describe("Where to delete the session."),
    dbpath: z.string(),
    $row: z.literal(1),
    $key: z.string().describe("The token, for the header x-yottabyte-token or as Bearer."),
  })
  .meta({ id: "CreatedSession" });

const token = z.object({ token: z.string().describe("The token; `self` for the one of this request.") });

/** Endpoints of sessions: logins that last, for people and for programs that know a password only. */
export const sessions = {
  create: {
    operationId: "createSession",
    summary: "Logs in with a name and a password. The answer also sets a cookie, for browsers.",
    method: "post",
    path: "/api/sys/tokens",
    request: { body: jsonBody(newSession) },
    responses: { 201: jsonAnswer("The session.", createdSession) },
  },
  delete: {
    operationId: "deleteSession",
    summary: "Logs out: the token is refused from the answer on.",
    method: "delete",
    path: "/api/sys/tokens/{token}",
    request: { params: token },
    responses: { 200: emptyAnswer("The session is gone.") },
  },
  deleteAtLocation: {
    operationId: "deleteSessionAtLocation",
    summary: "The same at the `location` that a login answers, as VergeOS' documentation writes it.",
    method: "delete",
    path: "/sys/tokens/{token}",
    request: { params: token },
    responses: { 200: emptyAnswer("The session is gone.") },
  },
} as const;
