import { createHash } from "node:crypto";
import pg from "pg";
import { createSecret, secretIdOf } from "../../contract/secret.ts";
import { startKeyward } from "./keyward.ts";

const few = 1000;
const used = 1000;
const presentations = 20_000;

/** What a server holds after the same traffic, with a thousand keys stored and with a million. */
export async function measureMemory(databaseUrl: string, many: number): Promise<string> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  // The schema is there once a server was.
  await (await startKeyward(databaseUrl)).stop();
  const secrets = Array.from({ length: used }, createSecret);
  const rows = secrets.map((secret) => ({
    id: secretIdOf(secret) ?? "",
    hash: createHash("sha256").update(secret).digest("hex"),
  }));
  await client.query(
    `insert into user_api_keys ("user", name, description, created, expires, ip_allow_entries, ip_deny_entries,
      lastlogin_stamp, lastlogin_ip, secret_id, secret_hash, pepper_version)
    select 1, 'used ' || row.id, '', 0, 0, '[]', '[]', 0, '', row.id, decode(row.hash, 'hex'), 0
    from jsonb_to_recordset($1::jsonb) as row (id text, hash text)`,
    [JSON.stringify(rows)],
  );
  const small = await residentAfter(databaseUrl, secrets);
  process.stderr.write(`storing ${many} keys ...\n`);
  await client.query(
    `insert into user_api_keys ("user", name, description, created, expires, ip_allow_entries, ip_deny_entries,
      lastlogin_stamp, lastlogin_ip, secret_id, secret_hash, pepper_version)
    select 1, 'stored ' || n, '', 0, 0, '[]', '[]', 0, '', lpad(n::text, 12, '0'), decode(repeat('00', 32), 'hex'), 0
    from generate_series(1, $1::int) n`,
    [many - few],
  );
  await client.query("analyze user_api_keys");
  await client.end();
  const large = await residentAfter(databaseUrl, secrets);
  const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MiB`;
  return [
    `memory of the server after ${presentations} verdicts on ${used} keys\n`,
    `  ${few} keys stored ${mebibytes(small)}, ${many} keys stored ${mebibytes(large)}\n`,
    `ratio ${(large / small).toFixed(2)} (bar 1.5)\n`,
  ].join("");
}

async function residentAfter(databaseUrl: string, secrets: readonly string[]): Promise<number> {
  const server = await startKeyward(databaseUrl);
  for (let place = 0; place < presentations; place += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, offset) => {
        const secret = secrets[(place + offset) % secrets.length];
        const answer = await fetch(`http://127.0.0.1:${server.port}/auth/verify`, {
          headers: { Authorization: `Bearer ${secret}` },
        });
        if (answer.status !== 200) {
          throw new Error(`a stored key was answered ${answer.status}`);
        }
        await answer.arrayBuffer();
      }),
    );
  }
  const bytes = await server.residentBytes();
  await server.stop();
  return bytes;
}
