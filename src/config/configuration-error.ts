/** A configuration that must not serve. Its message is for the operator: it is logged, and nobody who calls is told it. */
export class ConfigurationError extends Error {}
