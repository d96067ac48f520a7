import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createSecret } from "../../../contract/secret.ts";
import type { DiagnosticMessage } from "../../../provider/plugin/messages.ts";
import type { ObjectValue } from "../../../provider/plugin/values.ts";
import { bearer } from "../../server/test-server.ts";
import { ListeningServer, lose, ProviderInProcess, type ResourceInProcess } from "../provider-in-process.ts";

const day = 86_400_000;
const keys = "/api/v4/user_api_keys";

describe("the rotation of a declared key", () => {
  let listening: ListeningServer;
  let provider: ProviderInProcess;
  let recipients: readonly string[];
  let count = 0;
  let name = "";

  beforeAll(async () => {
    listening = await ListeningServer.start();
    provider = await ProviderInProcess.configure(listening);
    const identities = [await generateX25519Identity(), await generateX25519Identity()];
    recipients = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
  });
  afterAll(() => listening.stop());

  beforeEach(() => {
    count += 1;
    name = `rotating ${count}`;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    listening.server.nowMs = Date.now();
  });
  afterEach(() => {
    listening.fault = undefined;
    vi.useRealTimers();
  });

  /** Lets time pass for the server and the provider alike. */
  const letPass = (ms: number) => {
    listening.server.nowMs += ms;
    vi.setSystemTime(listening.server.nowMs);
  };
  const summaries = (diagnostics: readonly DiagnosticMessage[]) =>
    diagnostics.map(({ severity, summary }) => `${severity}: ${summary}`);
  const statusOf = async (secret: string) =>
    (await listening.server.request("/auth/whoami", { as: bearer(secret) })).status;
  const named = (start: string) => listening.server.list(`${keys}?filter=name bw '${start}'`);
  const loseRotations = () => {
    listening.fault = (request, pass) => (request.url.endsWith("/rotate") ? lose(pass) : pass());
  };

  async function made(config: ObjectValue): Promise<ResourceInProcess> {
    const key = provider.resource("keyward_api_key");
    expect(await key.apply(config)).toEqual([]);
    expect(await key.read()).toEqual([]);
    return key;
  }

  async function expectNothingToDo(key: ResourceInProcess, config: ObjectValue): Promise<void> {
    await key.read();
    expect((await key.plan(config)).planned).toEqual(key.state);
  }

  describe("whose answer is lost", () => {
    test("is got again by the next apply, with the secret and the end that were fixed when it was due", async () => {
      const config = { user: "1", name, expires_in: "60d", rotation: { every: "30d", overlap: "2d" } };
      const key = await made(config);
      const before = key.text("id");
      letPass(31 * day);
      await key.read();
      expect(key.state).toMatchObject({ rotation_due: true });
      loseRotations();
      expect(summaries(await key.apply(config))).toEqual([
        "ERROR: Could not rotate the API key: no usable answer from the server",
      ]);
      listening.fault = undefined;
      letPass(3_600_000);
      expect(summaries(await key.read())).toEqual(["WARNING: A rotation of the key was cut short"]);
      expect(await key.apply(config)).toEqual([]);
      expect(key.state).toMatchObject({ previous_id: before, name });
      expect(await statusOf(key.text("secret"))).toBe(200);
      expect(await named(name), "the key and one successor").toHaveLength(2);
      const [row] = await listening.server.list(`${keys}?filter=$key eq ${key.text("id")}`);
      expect(row).toMatchObject({ expires: Date.parse(key.text("expires_at")) / 1000 });
      await expectNothingToDo(key, config);
      expect(await key.destroy()).toEqual([]);
      expect(await named(name)).toEqual([]);
    });

    test("is got again also where nothing but the key drawn before it was kept", async () => {
      const config = { user: "1", name, rotation: { every: "30d", overlap: "2d" } };
      const key = await made(config);
      letPass(31 * day);
      await key.read();
      const { state, privateBytes } = key;
      loseRotations();
      await key.apply(config);
      listening.fault = undefined;
      // As after a kill: nothing of the apply was written down.
      Object.assign(key, { state, privateBytes });
      await key.read();
      expect(await key.apply(config)).toEqual([]);
      expect(await statusOf(key.text("secret"))).toBe(200);
      expect(await named(name)).toHaveLength(2);
    });

    test("is got again when it was asked for by other recipients", async () => {
      const config = { user: "1", name, expires_in: "60d", recipients: recipients.slice(0, 1) };
      const key = await made(config);
      const changed = { ...config, recipients };
      loseRotations();
      expect(summaries(await key.apply(changed))).toHaveLength(1);
      listening.fault = undefined;
      letPass(1000);
      await key.read();
      expect(await key.apply(changed)).toEqual([]);
      expect(key.state).toMatchObject({ recipients, name });
      expect(key.text("encrypted_secret")).toContain("AGE ENCRYPTED FILE");
      expect(await named(name), "the ended predecessor is cleared away").toHaveLength(1);
      await expectNothingToDo(key, changed);
    });

    test("is made anew on the successor when the secret was drawn anew for the next apply", async () => {
      const config = (version: number) => ({
        user: "1",
        name,
        secret_wo: createSecret(),
        secret_wo_version: version,
      });
      const key = await made(config(1));
      loseRotations();
      expect(summaries(await key.apply(config(2)))).toHaveLength(1);
      listening.fault = undefined;
      await key.read();
      expect(summaries(await key.apply(config(2)))).toEqual([
        "ERROR: The key was rotated outside this configuration",
      ]);
      expect(summaries(await key.read())).toEqual([
        "WARNING: The key was rotated outside this configuration",
      ]);
      const last = config(2);
      expect(await key.apply(last)).toEqual([]);
      expect(await statusOf(last.secret_wo)).toBe(200);
      letPass(1000);
      await key.read();
      expect(await key.apply({ ...last, description: "clears away what has ended" })).toEqual([]);
      expect(await named(name)).toHaveLength(1);
    });

    test("is asked for in new words after a day, when the server knows the old ones no more", async () => {
      const config = { user: "1", name, expires_in: "60d", rotation: { every: "30d" } };
      const key = await made(config);
      letPass(31 * day);
      await key.read();
      letPass(2 * day);
      await key.read();
      expect(await key.apply(config)).toEqual([]);
      const endMs = Date.parse(key.text("expires_at"));
      expect(Math.abs(endMs - Date.now() - 60 * day), "counted from now, not from two days ago").toBeLessThan(
        2000,
      );
    });
  });

  test("within the overlap of another lets the first predecessor live as long as it was promised", async () => {
    const config = (version: number) => ({
      user: "1",
      name,
      rotation: { overlap: "2d" },
      recipients: version % 2 === 0 ? recipients : recipients.slice(1),
    });
    const first = { user: "1", name, rotation: { overlap: "2d" } };
    const key = await made(first);
    const secret = key.text("secret");
    await key.apply(config(2));
    letPass(day);
    await key.read();
    await key.apply(config(3));
    expect(await statusOf(secret)).toBe(200);
    expect(await named(name)).toHaveLength(3);

    letPass(day + 1000);
    expect(await statusOf(secret)).toBe(401);
    await key.read();
    await key.apply(config(4));
    expect(await named(name), "the first has ended and is deleted, the others are not").toHaveLength(3);
    expect(await key.destroy()).toEqual([]);
    expect(await named(name)).toEqual([]);
  });

  test("tells of the predecessor until it is over or gone", async () => {
    const config = (version: number) => ({
      user: "1",
      name,
      rotation: { overlap: "2d" },
      recipients: version % 2 === 0 ? recipients : recipients.slice(1),
    });
    const key = await made(config(1));
    await key.apply(config(2));
    await key.read();
    const previous = key.text("previous_id");
    letPass(3 * day);
    await expectNothingToDo(key, config(2));
    expect(key.state).toMatchObject({ previous_id: null, previous_expires_at: null });

    await key.apply(config(3));
    await key.read();
    expect(key.text("previous_id")).not.toBe(previous);
    await listening.server.delete(`${keys}/${key.text("previous_id")}`);
    await expectNothingToDo(key, config(3));
    expect(key.state).toMatchObject({ previous_id: null, previous_expires_at: null });
  });

  test.each([{ overlap: 3600 }, { overlap: 0 }])(
    "that somebody else did, with an overlap of $overlap s, is followed without a secret",
    async ({ overlap }) => {
      const config = { user: "1", name, expires_in: "90d", rotation: { every: "30d", overlap: "1h" } };
      const key = await made(config);
      const before = key.text("id");
      const rotated = await listening.server.post(`${keys}/${before}/rotate`, { overlap });
      const [warning] = await key.read();
      expect(warning).toMatchObject({
        severity: "WARNING",
        summary: "The key was rotated outside this configuration",
      });
      expect(rotated.json).toMatchObject({ $key: key.text("id") });
      expect(warning?.detail).toContain(`is key ${key.text("id")} by now`);
      expect(key.state).toMatchObject({ name, secret: null, previous_id: overlap === 0 ? null : before });
      await expectNothingToDo(key, config);
      letPass(31 * day);
      await key.read();
      expect(await key.apply(config)).toEqual([]);
      expect(await statusOf(key.text("secret"))).toBe(200);
      await key.destroy();
      expect(await named(name)).toEqual([]);
    },
  );

  test("that somebody else did while it was due is noticed before anything is rotated, and followed then", async () => {
    const config = { user: "1", name, rotation: { every: "30d", overlap: "1h" } };
    const key = await made(config);
    letPass(31 * day);
    await listening.server.post(`${keys}/${key.text("id")}/rotate`, { overlap: 60 });
    await key.read();
    expect(summaries(await key.apply(config))).toEqual([
      "ERROR: The key was rotated outside this configuration",
    ]);
    expect(await named(name)).toHaveLength(2);
    expect(summaries(await key.read())).toEqual(["WARNING: The key was rotated outside this configuration"]);
    await expectNothingToDo(key, config);
  });

  test("goes on from the key itself when its successor was deleted", async () => {
    const config = { user: "1", name, rotation: { every: "30d", overlap: "2d" } };
    const key = await made(config);
    letPass(31 * day);
    await key.read();
    loseRotations();
    await key.apply(config);
    listening.fault = undefined;
    const [successor] = await listening.server.list(`${keys}?filter=name eq '${name}'`);
    await listening.server.delete(`${keys}/${successor?.["$key"]}`);
    const shorter = { ...config, rotation: { every: "30d", overlap: "1d" } };
    await key.read();
    expect(summaries(await key.apply(shorter))).toEqual([
      "ERROR: The key was rotated outside this configuration",
    ]);
    await key.read();
    expect(await key.apply(shorter)).toEqual([]);
    expect(key.state).toMatchObject({ name });
    expect(await statusOf(key.text("secret"))).toBe(200);
    await expectNothingToDo(key, shorter);
  });

  test("that was done after all and is not wanted any more is noticed, and its successor followed", async () => {
    const config = { user: "1", name };
    const key = await made(config);
    loseRotations();
    await key.apply({ ...config, recipients });
    listening.fault = undefined;
    await key.read();
    expect(summaries(await key.apply(config))).toEqual([
      "ERROR: The key was rotated outside this configuration",
    ]);
    await key.read();
    await expectNothingToDo(key, config);
    expect(key.state).toMatchObject({ name, secret: null });
  });

  describe("by hand, on a server that has none of its own,", () => {
    type Step = (request: Request, pass: () => Promise<Response>) => Promise<Response> | undefined;
    const refuse = (status: number, err: string) => Promise.resolve(Response.json({ err }, { status }));
    const behaveAsVergeos = (step: Step = () => undefined) => {
      listening.fault = (request, pass) =>
        request.url.endsWith("/rotate") ? refuse(404, "API unknown") : (step(request, pass) ?? pass());
    };
    const config = (version: number) => ({
      user: "1",
      name,
      rotation: { overlap: "2d" },
      recipients: version % 2 === 0 ? recipients : recipients.slice(1),
    });

    test("keeps the secret when the predecessor cannot be given its end", async () => {
      const key = await made(config(1));
      const before = key.text("id");
      let changes = 0;
      behaveAsVergeos((request) => {
        changes += request.method === "PUT" ? 1 : 0;
        return request.method === "PUT" && changes === 2 ? refuse(500, "out of order") : undefined;
      });
      expect(summaries(await key.apply(config(2)))).toEqual([
        "ERROR: Could not give the predecessor of the API key its end: the server answered with status 500",
      ]);
      expect(key.text("encrypted_secret")).toContain("AGE ENCRYPTED FILE");
      expect(key.state).toMatchObject({ previous_id: before });
      behaveAsVergeos();
      await expectNothingToDo(key, config(2));
      letPass(3 * day);
      await key.read();
      expect(await key.apply(config(3))).toEqual([]);
      expect(await named(name), "what should have ended is gone").toHaveLength(2);
    });

    test("gives the name back when there is no successor, and works the next time", async () => {
      const key = await made(config(1));
      behaveAsVergeos((request) => (request.method === "POST" ? refuse(403, "not now") : undefined));
      expect(summaries(await key.apply(config(2)))).toHaveLength(1);
      behaveAsVergeos();
      await key.read();
      expect(key.state).toMatchObject({ name });
      expect(await key.apply(config(2))).toEqual([]);
      expect(await named(name)).toHaveLength(2);
    });

    test("deletes a successor that did not take the secret it was given", async () => {
      const own = (version: number) => ({
        user: "1",
        name,
        secret_wo: createSecret(),
        secret_wo_version: version,
      });
      const first = own(1);
      const key = await made(first);
      behaveAsVergeos((request) =>
        request.method === "POST"
          ? (async () => {
              const { secret: _, ...body } = JSON.parse(await request.text());
              const answer = await listening.server.post(keys, body);
              return Response.json(answer.json, { status: 201 });
            })()
          : undefined,
      );
      const [problem] = await key.apply(own(2));
      expect(problem).toMatchObject({
        summary: "The server takes no secret of your own",
        attribute: { steps: [{ selector: { case: "attributeName", value: "secret_wo" } }] },
      });
      expect(await named(name)).toMatchObject([{ name, expires: 0 }]);
      expect(await statusOf(first.secret_wo)).toBe(200);
    });
  });
});
