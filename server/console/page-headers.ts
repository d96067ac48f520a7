import type { MiddlewareHandler } from "hono";
import { every } from "hono/combine";
import { secureHeaders } from "hono/secure-headers";
import type { ServerEnvironment } from "../request-log.ts";

/**
 * Nothing from elsewhere, nothing inline. The script is our own file, so that whatever gets into a page as text cannot run.
 */
const policy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
};

const security = secureHeaders({
  contentSecurityPolicy: policy,
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
  // Whether a host speaks TLS for good is for its owner to say.
  strictTransportSecurity: false,
  permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
});

const neverStore: MiddlewareHandler<ServerEnvironment> = async (context, next) => {
  await next();
  context.header("Cache-Control", "no-store");
};

/** The headers of every page: what it may load and do, and that nobody keeps it. */
export const pageHeaders: MiddlewareHandler<ServerEnvironment> = every(security, neverStore);
