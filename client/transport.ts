import http from "node:http";
import https from "node:https";

/** An HTTP request as the client makes it. */
export interface TransportRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request early; see `finishingWrites` for which ones the client gives it to. */
  readonly signal?: AbortSignal;
}

/** What came back. */
export interface TransportResponse {
  readonly status: number;
  /** By lower-case names; a transport may leave them out. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Carries one request; throws when no answer came. Tests give one that calls the server in process. */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

/** How connections over TLS are trusted. */
export interface TransportOptions {
  /** Accept any certificate. Whoever is on the way can then read the credentials. */
  readonly insecure?: boolean;
  /** PEM certificates to trust in place of the system's: for a server with a certificate of its own making. */
  readonly caCertificate?: string;
  /** How long the server may be silent before the request fails, in milliseconds. 30,000 when left out. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 30_000;

/** Far more than any answer of the API; a peer that sends more is not one. */
const responseBytesMax = 64 * 1024 * 1024;

/**
 * A transport over node:http and node:https, which keeps connections open between requests. Not the global fetch,
 * because that offers no way to name a certificate authority and costs tens of milliseconds to load.
 */
export function nodeTransport(options: TransportOptions = {}): Transport {
  const connection = { keepAlive: true, maxSockets: 32 };
  const httpAgent = new http.Agent(connection);
  const httpsAgent = new https.Agent({
    ...connection,
    rejectUnauthorized: options.insecure !== true,
    ...(options.caCertificate === undefined ? {} : { ca: options.caCertificate }),
  });
  const timeout = options.timeoutMs ?? defaultTimeoutMs;
  return (request) =>
    new Promise((resolve, reject) => {
      const isTls = request.url.startsWith("https:");
      const settings = {
        method: request.method,
        headers: request.headers,
        agent: isTls ? httpsAgent : httpAgent,
        timeout,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      };
      const sent = (isTls ? https : http).request(request.url, settings, (response) => {
        const { statusCode: status = 0, headers } = response;
        readBody(response).then((body) => resolve({ status, headers, body }), reject);
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${timeout / 1000} seconds`)));
      sent.on("error", reject);
      sent.end(request.body);
    });
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > responseBytesMax) {
      throw new Error(`the answer is larger than ${responseBytesMax} bytes`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
