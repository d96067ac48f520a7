/** The user behind a request, however it was authenticated. Rights are the user's; a key adds and removes none. */
export interface Principal {
  readonly user: {
    readonly key: number;
    readonly name: string;
    /** Whether the user administers the whole system. */
    readonly isSystemAdministrator: boolean;
  };
  /** The key that was presented, where one was. */
  readonly apiKey: { readonly key: number; readonly secretId: string } | undefined;
  /** Where the request came from, for the audit trail. */
  readonly address: string;
}
