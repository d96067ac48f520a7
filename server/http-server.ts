import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import type { Logger } from "pino";
import { gate } from "../contract/gate.ts";
import type { App } from "./app.ts";
import type { Config } from "./config.ts";
import type { Pass } from "./gate/forward-auth.ts";
import { type Certificate, readCertificate } from "./tls.ts";

/** How long requests under way may take to finish once the server is told to stop. */
const stopGraceMs = 10_000;

/**
 * What a connection may take before it is closed, in milliseconds and bytes. Requests are small and come at once, so
 * whoever is slower holds a socket and nothing else. A connection that is open stays so longer than proxies keep theirs
 * (a minute, as a rule): when the server closes first, a request may be on its way already and is lost.
 */
const limits = {
  headersTimeout: 5000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16_384,
} as const;

/** Resolves when connections are accepted, to the function that stops accepting and waits for what is under way. */
export async function listen(
  config: Config,
  certificate: Certificate | undefined,
  logger: Logger,
  app: App,
  database: string,
): Promise<() => Promise<void>> {
  const answer = answerWith(app);
  const server =
    certificate === undefined
      ? createServer(limits, answer)
      : createTlsServer({ ...limits, ...certificate }, answer);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, resolve);
  });
  const bound = server.address();
  const { address, port, family } =
    typeof bound === "object" && bound !== null
      ? bound
      : { address: config.host, port: config.port, family: "" };
  const isHere = address === "127.0.0.1" || address === "::1";
  if (certificate === undefined && !isHere) {
    logger.warn(
      "listening beyond this machine without TLS: set KEYWARD_TLS, or put a proxy that speaks TLS in front",
    );
  }
  const host = family === "IPv6" ? `[${address}]` : address;
  const url = `${certificate === undefined ? "http" : "https"}://${host}:${port}`;
  logger.info({ url, database }, "listening");
  const stopReloading = reloadOnHangUp(config, server, logger);
  return () => {
    stopReloading();
    return closeServer(server);
  };
}

/** Verdicts that need nothing but memory are answered here; all else goes through the application. */
function answerWith({ hono, door }: App): (request: IncomingMessage, response: ServerResponse) => void {
  const answerByApp = getRequestListener(hono.fetch);
  const answerTogether = passesTogether();
  return (request, response) => {
    if (request.url === gate.verify.path && request.method === "GET") {
      const { authorization, "x-forwarded-for": forwarded } = request.headers;
      const forwardedFor = Array.isArray(forwarded) ? forwarded.join(", ") : forwarded;
      const pass = door.passAtOnce({
        authorization,
        forwardedFor,
        socketAddress: request.socket.remoteAddress,
      });
      if (pass !== undefined) {
        answerTogether(response, pass);
        return;
      }
    }
    void answerByApp(request, response);
  };
}

/**
 * Writes the answers to all that has arrived at once, one after the other, when all of it is decided. A caller that waits
 * is woken by its first answer and finds the others behind it; answered one by one it would be woken for each, which
 * costs the server more than the verdict. Alone, an answer waits for nothing: it is written in the same turn of the loop.
 * Who sends something behind the question that is no HTTP gets the answer to that, a 400, in place of all others.
 */
function passesTogether(): (response: ServerResponse, pass: Pass) => void {
  let decided: { readonly response: ServerResponse; readonly pass: Pass }[] = [];
  const write = () => {
    const answered = decided;
    decided = [];
    for (const { response, pass } of answered) {
      try {
        response.writeHead(200, pass.headers).end(pass.body);
      } catch {
        response.destroy();
      }
    }
  };
  return (response, pass) => {
    decided.push({ response, pass });
    if (decided.length === 1) {
      setImmediate(write);
    }
  };
}

/** Certificates are renewed while the server runs; connections that are open keep the old one. */
function reloadOnHangUp(config: Config, server: Server | TlsServer, logger: Logger): () => void {
  const reload = async () => {
    try {
      const certificate = await readCertificate(config.tls, config.dataDir, config.host, Date.now());
      if (certificate !== undefined && server instanceof TlsServer) {
        server.setSecureContext({ cert: certificate.cert, key: certificate.key });
        logger.info("read the certificate again");
      }
    } catch (error) {
      logger.error({ err: error }, "the certificate could not be read again; the old one stays");
    }
  };
  const onHangUp = () => void reload();
  process.on("SIGHUP", onHangUp);
  return () => process.off("SIGHUP", onHangUp);
}

function closeServer(server: Server | TlsServer): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), stopGraceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
