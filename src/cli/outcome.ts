/** What a command says, and how it ends. */
export interface Outcome {
  exitCode: number;
  stdout?: string;
  stderr?: string;
}
