/** The query parameter that a fault is in. */
export type QueryParameter = "fields" | "filter" | "sort";

/** A query parameter that cannot be understood or may not be asked. The message names the column and what would be right. */
export class QueryError extends Error {
  readonly parameter: QueryParameter;
  /** Where in the parameter, from 1. */
  readonly column: number;

  constructor(parameter: QueryParameter, column: number, problem: string) {
    super(`column ${column}: ${problem}`);
    this.parameter = parameter;
    this.column = column;
  }
}
