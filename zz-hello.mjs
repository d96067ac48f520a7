import { Hono } from "hono"; import { serve } from "@hono/node-server";
const app = new Hono(); app.get("/", (c) => c.text("hello")); serve({ fetch: app.fetch, port: 9301, hostname: "127.0.0.1" });
