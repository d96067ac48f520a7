/** The token of an `Authorization: Bearer` header, the scheme in any case (RFC 6750 section 2.1); undefined for any other. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return authorization !== undefined && /^bearer /i.test(authorization)
    ? authorization.slice("bearer ".length).trim()
    : undefined;
}
