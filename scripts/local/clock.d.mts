export function keepTime(socket: string, options: { signal: AbortSignal; now?: () => number }): Promise<void>;
