/** A promise that is resolved from elsewhere. Node 20 has no Promise.withResolvers. */
export interface Later<Value> {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
}

export function later<Value>(): Later<Value> {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
