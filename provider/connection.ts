import type { ApiKeyAnswer, Client, UserAnswer } from "../client/client.ts";
import { CoalescedReads } from "./coalesced-reads.ts";

/** What every resource works with: the server, and the reads of it that are put together. */
export class Connection {
  readonly client: Client;
  readonly apiKeys: CoalescedReads<ApiKeyAnswer>;
  readonly users: CoalescedReads<UserAnswer>;

  constructor(client: Client) {
    this.client = client;
    const keyOf = (row: { readonly $key: number }) => String(row.$key);
    this.apiKeys = new CoalescedReads<ApiKeyAnswer>({
      keyOf,
      get: (key, signal) => client.getApiKey(key, signal),
      list: (query) => client.listApiKeys(query),
    });
    this.users = new CoalescedReads<UserAnswer>({
      keyOf,
      get: (key, signal) => client.getUser(key, signal),
      list: (query) => client.listUsers(query),
    });
  }
}
