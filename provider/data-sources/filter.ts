/** Text as a literal of the query language, in the doubled style, which every server reads. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** A filter that all of the terms must fit; none at all when there are no terms. */
export function filterOf(terms: readonly (string | null)[]): { filter?: string } {
  const given = terms.filter((term) => term !== null);
  return given.length === 0 ? {} : { filter: given.join(" and ") };
}
