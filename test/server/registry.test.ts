import { sql } from "drizzle-orm";
import { createMessage, readKey, readSignature, verify } from "openpgp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { OpenDatabase } from "../../server/database.ts";
import { databasesUnderTest } from "../databases.ts";
import { TestServer } from "./test-server.ts";

const packageAnswer = z.object({
  shasums_url: z.string(),
  shasums_signature_url: z.string(),
  signing_keys: z.object({
    gpg_public_keys: z.tuple([z.object({ key_id: z.string(), ascii_armor: z.string() })]),
  }),
});

const versions = z.object({ versions: z.tuple([z.object({ version: z.string() })]) });

async function packageOf(server: TestServer) {
  const listed = await server.request("/registry/v1/providers/keyward/keyward/versions");
  const [{ version }] = versions.parse(listed.json).versions;
  return server.request(`/registry/v1/providers/keyward/keyward/${version}/download/linux/amd64`);
}

async function bytesOf(server: TestServer, path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await server.app.hono.request(path)).arrayBuffer());
}

// Making a key takes a second, so that it is made on one kind of database: on Postgres where there is one.
describe.each(databasesUnderTest().slice(-1))("servers on one database ($name)", ({ open }) => {
  let opened: OpenDatabase;
  let key: { readonly key_id: string; readonly ascii_armor: string };

  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  test("sign with one key, also when they are first asked at the same time", async () => {
    const [one, other] = [await TestServer.start(opened), await TestServer.start(opened)];
    const answers = await Promise.all([packageOf(one), packageOf(other)]);
    const [first, second] = answers.map(({ json }) => packageAnswer.parse(json));
    [key] = first?.signing_keys.gpg_public_keys ?? expect.fail();
    expect(second?.signing_keys.gpg_public_keys).toEqual([key]);

    // What the one signs is checked with what the other says its key is.
    const { shasums_url: sums, shasums_signature_url: signature } = second ?? expect.fail();
    const { signatures } = await verify({
      message: await createMessage({ binary: await bytesOf(one, sums) }),
      signature: await readSignature({ binarySignature: await bytesOf(one, signature) }),
      verificationKeys: await readKey({ armoredKey: key.ascii_armor }),
    });
    expect(await signatures[0]?.verified).toBe(true);
    expect(signatures[0]?.keyID.toHex().toUpperCase()).toBe(key.key_id);
  });

  test("sign as soon as they can, when they could not at first", async () => {
    const server = await TestServer.start(opened);
    await server.database.execute(sql`alter table signing_keys rename to elsewhere`);
    expect((await packageOf(server)).status).toBe(500);
    await server.database.execute(sql`alter table elsewhere rename to signing_keys`);
    const answer = packageAnswer.parse((await packageOf(server)).json);
    expect(answer.signing_keys.gpg_public_keys, "the key that was made before").toEqual([key]);
  });
});
