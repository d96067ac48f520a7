/** The user behind a request, however it was authenticated. Rights are the user's; a key adds and removes none. */
export interface Principal {
  readonly user: {
    readonly key: number;
    readonly name: string;
    /** What rights are granted to. */
    readonly identity: number;
    /** VergeOS' mark of a system administrator, beside what is granted. */
    readonly hasPhysicalAccess: boolean;
  };
  /** The key that was presented, where one was. */
  readonly apiKey: { readonly key: number; readonly secretId: string } | undefined;
  /** The token of the session that the request came in, where it did. */
  readonly sessionToken: string | undefined;
  /** Where the request came from, for the audit trail. */
  readonly address: string;
}
